"""``portable``: making callables that carry their source, and pickling them."""

from __future__ import annotations

import io
import zlib
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple, TypeVar, overload

from . import _portable, _reference, _self_contained
from ._pickler import Pickler
from ._portable import Group, Portable, inner
from ._runtime import WIRE_VERSION

F = TypeVar("F", bound=Callable[..., Any])

# Runs once where no Codepickle is installed: what is here under this name is used as it is.
_BOOT = """\
import sys
def boot(z):
    name = "codepickle._portable"
    try:
        __import__(name)
        return
    except ImportError:
        pass
    import types, zlib
    if "codepickle" not in sys.modules:
        package = types.ModuleType("codepickle", "Stands in for Codepickle, which is not installed here.")
        package.__path__ = []
        sys.modules["codepickle"] = package
    module = types.ModuleType(name)
    module.__package__ = "codepickle"
    exec(compile(zlib.decompress(z), "<codepickle portable>", "exec"), module.__dict__)
    sys.modules["codepickle"]._portable = sys.modules.setdefault(name, module)
boot(parts["source"])
"""


class _Together:
    """Functions that travel in one payload, and how."""

    def __init__(self, options: Dict[str, Any]) -> None:
        self.options = options
        self.members: List[Any] = []
        #: What they were pickled as last.
        self.sent: Optional[Group] = None


@overload
def portable(
    __function: F,
    *,
    by_source: Optional[bool] = ...,
    pickle_by_reference: Optional[Callable[[Any], bool]] = ...,
    min_python: Optional[Tuple[int, int]] = ...,
) -> F: ...


@overload
def portable(
    __function: Callable[..., Any],
    __second: Callable[..., Any],
    *more: Callable[..., Any],
    by_source: Optional[bool] = ...,
    pickle_by_reference: Optional[Callable[[Any], bool]] = ...,
    min_python: Optional[Tuple[int, int]] = ...,
) -> Tuple[Any, ...]: ...


@overload
def portable(
    *,
    by_source: Optional[bool] = ...,
    pickle_by_reference: Optional[Callable[[Any], bool]] = ...,
    min_python: Optional[Tuple[int, int]] = ...,
) -> Callable[[F], F]: ...


def portable(
    *functions: Any,
    by_source: Optional[bool] = True,
    pickle_by_reference: Optional[Callable[[Any], bool]] = None,
    min_python: Optional[Tuple[int, int]] = None,
) -> Any:
    """A callable that does what `functions` does and carries its source, whoever pickles it.

    `pickle`, cloudpickle and engines that know nothing of Codepickle can pickle it, for every Python from 3.7 on, and
    who receives it can pickle it again; nothing has to be installed there. The source is compiled at the first call.

    The function itself travels by value even where it could be imported; what it uses, as with `dumps`. It is pickled
    as it is at that time. One that was loaded is passed on as it came, whatever its calls have changed since; two that
    were loaded from the same pickle are equal.

    Args:
        functions: A function, or anything else that can be called. Several travel together, and share their
            variables after that; the result is a tuple then. Without any, the result is a decorator.
        by_source: As with `dumps`, but true by default: there is an error where the source cannot be had.
        pickle_by_reference: As with `dumps`.
        min_python: As with `dumps`.

    Raises:
        TypeError: for what cannot be called.
        PicklingError: (when it is pickled) for the reasons that `dumps` has.

    >>> import codepickle, pickle
    >>> @codepickle.portable
    ... def factorial(n):
    ...     return n * factorial(n - 1) if n else 1
    >>> data = pickle.dumps(factorial)
    >>> pickle.loads(data)(5)
    120
    >>> pickle.loads(data) == pickle.loads(data)
    True
    """
    for function in functions:
        if not callable(function):
            raise TypeError("portable() takes what can be called, not %s" % type(function).__name__)
    options = {"by_source": by_source, "pickle_by_reference": pickle_by_reference, "min_python": min_python}
    if not functions:
        return partial(_together, options)
    return _together(options, *functions)


def _together(options: Dict[str, Any], *functions: Any) -> Any:
    together = _Together(options)
    for index, function in enumerate(functions):
        member: Any = Portable(function, None, index)
        member._together = together
        together.members.append(member)
    return together.members[0] if len(functions) == 1 else tuple(together.members)


class _Pickler(Pickler):
    """Writes the payload of a group: the functions, and those portable ones that they refer to."""

    def __init__(self, file: io.BytesIO, together: _Together) -> None:
        options = dict(together.options)
        self._rule = options.pop("pickle_by_reference") or _reference.by_reference
        super().__init__(file, pickle_by_reference=self._by_reference, **options)
        self.members = list(together.members)
        self._functions = {id(member._function) for member in self.members}

    def _by_reference(self, obj: Any) -> bool:
        return id(obj) not in self._functions and bool(self._rule(obj))

    def reducer_override(self, obj: Any) -> Any:
        if type(obj) is not Portable or obj._group is not None:
            return NotImplemented
        if obj not in self.members:
            self.members.append(obj)
            self._functions.add(id(obj._function))
        return inner, (self.members.index(obj),), obj._function


def group_of(member: Any) -> Group:
    """The group that a portable function of this process is pickled as now."""
    together = member._together
    file = io.BytesIO()
    pickler = _Pickler(file, together)
    pickler.dump(tuple(together.members))
    payload = file.getvalue()
    sent: Optional[Group] = together.sent
    # The same object as before, so that a pickle of several of its functions has it once.
    if sent is None or sent._parts["payload"] != payload:
        sent = Group({**_shared(), "payload": payload, "names": tuple(map(_names, pickler.members))})
        together.sent = sent
    return sent


def _names(member: Any) -> Tuple[Any, ...]:
    doc = member.__doc__ if isinstance(member.__doc__, str) else None
    return member.__name__, member.__qualname__, member.__module__, doc, member._is_coroutine_function()


@lru_cache(maxsize=1)
def _shared() -> Dict[str, Any]:
    """What the groups of all functions have in common."""
    runtime, runtime_source = _self_contained.head()
    lowered, lowered_source = _self_contained.lowered()
    return {
        "boot": _BOOT,
        "source": zlib.compress(Path(_portable.__file__).read_bytes(), 9),
        "heads": (
            ("codepickle._runtime", runtime, {"z": runtime_source, "wire": WIRE_VERSION}),
            ("codepickle._lowered", lowered, {"z": lowered_source}),
        ),
        "producer": _portable._python(),
    }
