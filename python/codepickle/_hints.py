"""Type hints and type variables.

A hint must never keep a payload from loading, yet `typing` differs in every version: hints travel as what they say, and
the receiver builds the nearest that it has.
"""

from __future__ import annotations

import sys
import types
import typing
from typing import Any, Callable, Dict, Tuple

from . import _runtime
from ._classes import Expression, content_digest
from ._reference import find_by_name, is_registered

Reduced = Any

#: The names of `typing` that every supported Python has: references to them need no care.
_OLD_NAMES = frozenset(
    """
    Any Callable ClassVar Generic Optional Tuple Type TypeVar Union AbstractSet Container ContextManager Hashable
    ItemsView Iterable Iterator KeysView Mapping MappingView MutableMapping MutableSequence MutableSet Sequence Sized
    ValuesView Awaitable AsyncIterator AsyncIterable Coroutine Collection AsyncGenerator AsyncContextManager
    Reversible SupportsAbs SupportsBytes SupportsComplex SupportsFloat SupportsInt SupportsRound ChainMap Counter Deque
    Dict DefaultDict List OrderedDict Set FrozenSet NamedTuple Generator AnyStr NewType NoReturn Text
    """.split()  # noqa: SIM905
)
SAMPLE_NEW_TYPE = typing.NewType("SAMPLE_NEW_TYPE", int)


def fill(dispatch: Dict[type, Callable[[Any], Reduced]]) -> None:
    """Add the reducers for hints to `dispatch`."""
    dispatch.update(aliases)
    dispatch[typing.ForwardRef] = _reduce_forward_reference
    if hasattr(typing, "NoDefault"):  # 3.13
        dispatch[type(typing.NoDefault)] = _reduce_no_default
    modules = [typing, sys.modules.get("typing_extensions")]
    if sys.version_info < (3, 12):
        from . import _lowered_types

        modules.append(_lowered_types)
    for name in ("TypeVar", "ParamSpec", "TypeVarTuple", "TypeAliasType", "NewType"):
        for module in modules:
            kind = getattr(module, name, None)
            if isinstance(kind, type):
                dispatch[kind] = reduce_variable


# --- hints ---


def _reduce_form(form: Any) -> Reduced:
    name = form._name
    return name if name in _OLD_NAMES and form.__module__ == "typing" else (_runtime.h, ("n", name))


def _reduce_alias(alias: Any) -> Reduced:
    """A subscription, such as ``List[int]``, ``list[int]`` or ``int | None``, or ``typing.List`` itself."""
    if type(alias) is getattr(types, "UnionType", None):
        # From 3.14 on, X | Y and Union[X, Y] are the same; older versions have Union[X, Y] alone in common.
        return _runtime.h, ("u" if _one_union() else "o", alias.__args__)
    if type(alias) is getattr(types, "GenericAlias", None):
        inner = (alias.__origin__, _arguments(alias))
        return _runtime.h, ("s", *inner)
    name = getattr(alias, "_name", None)
    if getattr(alias, "_special", False) or not hasattr(alias, "__args__"):
        # typing.List itself: 3.7 and 3.8 call it special, later ones give it a class.
        if isinstance(name, str) and getattr(typing, name, None) is alias:
            return name if name in _OLD_NAMES else (_runtime.h, ("n", name))
        return NotImplemented
    origin = alias.__origin__
    if hasattr(alias, "__metadata__"):  # Annotated, 3.9
        return _runtime.h, ("s", "Annotated", (origin, *alias.__metadata__))
    if origin is typing.Union:
        return _runtime.h, ("u", alias.__args__)
    if isinstance(name, str) and name not in ("Optional", "Union") and hasattr(typing, name):
        return _runtime.h, ("s", name, _arguments(alias))
    if getattr(origin, "__module__", None) == "typing" and isinstance(getattr(origin, "_name", None), str):
        return _runtime.h, ("s", origin._name, _arguments(alias))  # Literal, ClassVar, Final
    if isinstance(origin, type) and origin.__module__ in ("typing", "typing_extensions"):
        origin = origin.__name__  # Protocol and Generic
    return _runtime.h, ("s", origin, _arguments(alias))


def _one_union() -> bool:
    return getattr(types, "UnionType", None) is typing.Union


def _arguments(alias: Any) -> Any:
    """What stood between the brackets."""
    arguments = alias.__args__
    import collections.abc

    if alias.__origin__ is collections.abc.Callable and arguments:
        head, result = arguments[:-1], arguments[-1]
        if len(head) == 1 and (head[0] is Ellipsis or type(head[0]).__name__ in _PARAMETER_LISTS):
            return head[0], result
        return list(head), result
    if alias.__origin__ is tuple and not arguments:
        return ()
    return arguments[0] if len(arguments) == 1 else arguments


def _aliases() -> Dict[type, Callable[[Any], Reduced]]:
    found: Dict[type, Callable[[Any], Reduced]] = {}
    for name in ("GenericAlias", "UnionType"):  # 3.9, 3.10
        kind = getattr(types, name, None)
        if kind is not None:
            found[kind] = _reduce_alias
    for name, kind in vars(typing).items():
        if name == "_UnionGenericAlias" and sys.version_info >= (3, 14):
            continue  # From 3.14 on it has no instances, and warns when it is compared.
        if isinstance(kind, type) and name.endswith(("Alias", "_CallableType", "_TupleType")):
            found[kind] = _reduce_alias
        elif isinstance(kind, type) and name.endswith(("SpecialForm", "_TypedCacheSpecialForm")):
            found[kind] = _reduce_form
    return found


#: The reducers for subscriptions and for the members of `typing`.
aliases = _aliases()

_PARAMETER_LISTS = ("ParamSpec", "_ConcatenateGenericAlias")


def _reduce_forward_reference(obj: Any) -> Reduced:
    return _runtime.h, ("f", obj.__forward_arg__)


# --- type variables ---


def reduce_variable(obj: Any) -> Reduced:
    """A TypeVar or its like: by reference where its module has it, else by value and tracked by identity."""
    name = obj.__name__
    module = getattr(obj, "__module__", None)
    found = find_by_name(obj, name)
    if found is not None and not is_registered(found[0]):
        return _runtime.g, found
    kind = type(obj).__name__
    arguments: Tuple[Any, ...] = ()
    options: Dict[str, Any] = {}
    if kind == "NewType":
        arguments = (obj.__supertype__,)
    elif kind == "TypeAliasType":
        # An alias that is part of itself has no eager form, and one whose value raises has none at all.
        value = _evaluated(obj, "__value__", obj)
        arguments = (Expression(_runtime.h, "n", "Any") if _mentions(value, obj) else value,)
        if obj.__type_params__:
            options["type_params"] = tuple(obj.__type_params__)
    elif kind == "TypeVar":
        arguments = _evaluated(obj, "__constraints__") or ()
        bound = _evaluated(obj, "__bound__")
        if bound is not None:
            options["bound"] = bound
    for option in ("covariant", "contravariant", "infer_variance"):
        if getattr(obj, f"__{option}__", False) and kind in ("TypeVar", "ParamSpec"):
            options[option] = True
    if getattr(obj, "has_default", lambda: False)():  # 3.13
        options["default"] = obj.__default__
    number: Any = None
    if module != "typing":  # that of type parameters (PEP 695), which nothing tells from those of other owners
        number = _number(obj, _runtime.class_token(module or "", name, kind=kind), (arguments, options))
    trimmed: Tuple[Any, ...] = (kind, name, module, number, arguments, options)
    if not options:
        trimmed = trimmed[:5] if arguments else trimmed[:4] if number != 0 else trimmed[:3]
    return _runtime.q, trimmed


def _number(obj: Any, token: str, content: Any) -> Any:
    """What tells `obj` from the other variables of its name: a number, with a digest of its bounds if it has any.

    Two scripts call their variables T, in a module `__main__`; two of one payload must stay two.
    """
    known = _runtime.class_info(obj)
    if known is not None:
        return known[2]
    digest = content_digest(content) + "/" if any(content) else ""
    number = 0
    while _runtime.known(token, digest + str(number) if digest else number) is not None:
        number += 1
    found = digest + str(number) if digest else number
    try:
        _runtime.register(obj, token, "", found)
    except TypeError:  # there are no weak references to an alias made by a `type` statement
        return None
    return found


def _evaluated(obj: Any, name: str, otherwise: Any = None) -> Any:
    """A bound, constraints or a value; from 3.12 on they are evaluated lazily and may fail."""
    try:
        return getattr(obj, name)
    except Exception:
        return otherwise


def _mentions(value: Any, alias: Any, depth: int = 0) -> bool:
    if value is alias:
        return True
    if depth > 20:
        return False
    return any(_mentions(item, alias, depth + 1) for item in getattr(value, "__args__", None) or ())


def _reduce_no_default(obj: Any) -> Reduced:
    return _runtime.g, ("typing", "NoDefault")


def reduce_new_type(function: Any) -> Reduced:
    """A NewType of 3.7 to 3.9, which is a function."""
    if not hasattr(function, "__supertype__"):
        return NotImplemented
    found = find_by_name(function, function.__name__)
    if found is not None and not is_registered(found[0]):
        return _runtime.g, found
    token = _runtime.class_token(function.__module__ or "", function.__name__, kind="NewType")
    arguments = (function.__supertype__,)
    number = _number(function, token, (arguments, {}))
    return _runtime.q, ("NewType", function.__name__, function.__module__, number, arguments)
