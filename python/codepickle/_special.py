"""Functions that the standard library made: rebuilt, where they are loaded, by what made them.

`special_functions` maps code objects of the standard library to the reducers of the functions whose code they are.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import types
from typing import Any, Callable, Dict, Optional, Tuple

from . import _annotations, _generated, _hints, _runtime
from ._wrappers import portable_attributes

Reduced = Any
Reducer = Callable[[Any], Reduced]

special_functions: Dict[types.CodeType, Reducer] = {}


def _sample(*args: Any) -> Any:
    """A function to wrap, to see the code that wraps."""


def _code_of(function: Any) -> types.CodeType:
    code = function.__code__
    assert isinstance(code, types.CodeType)
    return code


def _reduce_singledispatch(function: Any) -> Reduced:
    """A generic function: its implementations are registered again, no cache travels."""
    if not hasattr(function, "registry"):
        return NotImplemented
    attributes = _wrapper_attributes(function, ("register", "dispatch", "registry", "_clear_cache"))
    return _runtime.w, (), (list(function.registry.items()), attributes), None, None, _runtime.x


special_functions[_code_of(functools.singledispatch(_sample))] = _reduce_singledispatch

#: The names that a descriptor of 3.10 and later has in its `__dict__`, from where wrappers get them.
_COPIED = frozenset(["__module__", "__name__", "__qualname__", "__doc__", "__annotations__", "__annotate__"])


def _wrapper_attributes(function: Any, internals: Tuple[str, ...]) -> Dict[str, Any]:
    """The attributes of a function of the standard library that wraps another."""
    wrapped = function.__dict__.get("__wrapped__")
    if sys.version_info < (3, 10) and isinstance(wrapped, (classmethod, staticmethod)):
        named = wrapped.__func__  # they have none of the names themselves
    else:
        named = function
    attributes = {name: getattr(named, name, None) for name in ("__module__", "__name__", "__qualname__", "__doc__")}
    if isinstance(named, types.FunctionType):
        attributes.update(_annotations.attributes_of(named))
    for name, value in portable_attributes(vars(function)).items():
        if name not in internals and name not in _COPIED:
            attributes[name] = value
    return attributes


def _reduce_wrapper(kind: str, variable: str, option: Optional[str] = None) -> Reducer:
    """The reducer for what a decorator of the standard library made: made again, around a function that follows."""

    def reduce(function: Any) -> Reduced:
        cells = dict(zip(function.__code__.co_freevars, function.__closure__))
        if not _generated.contents(cells[variable]):
            return NotImplemented
        arguments = () if option is None or option not in cells else (cells[option].cell_contents,)
        slots: Dict[str, Any] = {}
        for name in ("__module__", "__name__", "__qualname__", "__doc__", "__type_params__"):
            value = getattr(function, name, None)
            if value is not None and value != ():
                slots[name] = value
        slots.update(_annotations.attributes_of(function, cells[variable].cell_contents))
        inner, attributes = cells[variable].cell_contents, dict(portable_attributes(vars(function)))
        if attributes.get("__wrapped__") is inner:  # 3.11 has it on a guarded `__repr__`, too
            del attributes["__wrapped__"]
        state = inner, attributes or None, slots
        return _runtime.w1, (kind, *arguments), state, None, None, _runtime.x1

    return reduce


special_functions[_code_of(contextlib.contextmanager(_sample))] = _reduce_wrapper("c", "func")
special_functions[_code_of(contextlib.asynccontextmanager(_sample))] = _reduce_wrapper("a", "func")


def _reduce_guarded_repr(function: Any) -> Reduced:
    """A `__repr__` under a guard against recursion, by `dataclasses` or by the user."""
    reduced = _generated.reduce_generated(function)
    return _reduce_wrapper("r", "user_function", "fillvalue")(function) if reduced is NotImplemented else reduced


for _code in _generated.guard_codes():
    special_functions[_code] = _reduce_guarded_repr
for _code in _generated.namedtuple_codes():
    special_functions[_code] = _generated.reduce_generated
if isinstance(_hints.SAMPLE_NEW_TYPE, types.FunctionType):  # before 3.10
    special_functions[_code_of(_hints.SAMPLE_NEW_TYPE)] = _hints.reduce_new_type
