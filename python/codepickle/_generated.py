"""Methods that `dataclasses` and `collections.namedtuple` generated: told from the user's, found again elsewhere.

A generated method never travels: the receiver's library generates its own. One that a class no longer has, since the
user wrapped it or kept it under another name, travels as "the method that is generated for this class".
"""

from __future__ import annotations

import contextlib
import reprlib
import sys
import types
import weakref
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from . import _runtime
from ._classes import Attributes, Expression
from ._native import difference

#: What a namedtuple has besides methods.
_TABLES = frozenset(
    ["_fields", "_field_defaults", "_fields_defaults", "_field_types", "__match_args__", "__slots__", "__orig_bases__"]
)
NAMEDTUPLE_METHODS = ("__new__", "_make", "_replace", "__repr__", "_asdict", "__getnewargs__")


def is_generated(cls: Any, name: str, value: Any) -> bool:
    """Whether what a class has under `name` is what its library generated, unchanged; field tables always are."""
    function = getattr(value, "__func__", value)
    if not isinstance(function, types.FunctionType):
        return name in _TABLES
    if name == "__replace__":  # 3.13: a second name
        name = "_replace"
    return _is_method_of(function, cls, name) and _changes(function, cls, name) is None


def reduce_generated(function: Any) -> Any:
    """The reduce value of a generated method, NotImplemented for every other function."""
    try:
        return _reduce_generated(function)
    finally:
        forget()


def _reduce_generated(function: Any) -> Any:
    owner = find_owner(function)
    if owner is None:
        inner = _repr_without_guard(function)
        return NotImplemented if inner is None else (getattr, (inner, "__wrapped__"))
    changes = _changes(function, *owner)
    if changes is None:
        return _runtime.z1, owner
    return _runtime.z1, (*owner, True), changes, None, None, _runtime.a1


def find_owner(function: Any) -> Optional[Tuple[Any, str]]:
    """(class, name) for which a library generated `function`; None if none did, or the class is gone."""
    known = _runtime.made_for(function)
    if known is not None:
        return known  # type: ignore[no-any-return]
    name = _method_name(function)
    if name is None:
        return None
    candidates = [cls for cls in _classes() if _has_library(cls, name)]
    own = [cls for cls in candidates if _leads_to(cls.__dict__.get(name), function)]
    named = [cls for cls in candidates if _is_named_for(function, cls, name)]
    same = [cls for cls in candidates if cls.__module__ == function.__module__ and cls not in named]
    # Several classes of equal declarations have equal methods: the latest, as the one that a new cell run made.
    for exact in (True, False):
        for cls in [*own, *reversed(named), *reversed(same)]:
            if _is_method_of(function, cls, name, exact):
                return cls, name
    return None


def _leads_to(value: Any, function: Any) -> bool:
    """Whether a method is `function`, or a wrapper around it."""
    pending, seen = [getattr(value, "__func__", value)], 0
    while pending and seen < 20:  # a wrapper has a cell or two
        current = pending.pop()
        seen += 1
        if current is function:
            return True
        if isinstance(current, types.FunctionType):
            inside = [held for cell in current.__closure__ or () for held in contents(cell)]
            inside.append(current.__dict__.get("__wrapped__"))
            pending += [held for held in inside if isinstance(held, types.FunctionType)]
    return False


def _is_named_for(function: Any, cls: Any, name: str) -> bool:
    if "__dataclass_fields__" in cls.__dict__:  # before 3.10 the name is that of their maker
        return bool(cls.__module__ == function.__module__ and function.__qualname__ == f"{cls.__qualname__}.{name}")
    return bool(function.__qualname__ == f"{cls.__name__}.{name}")


def _method_name(function: Any) -> Optional[str]:
    """The name of a method that looks generated."""
    code = function.__code__
    if code.co_filename == "<string>":
        name = code.co_name if code.co_name != "<lambda>" else function.__name__
        return name if name == "__new__" or name in _runtime.DATACLASS_METHODS else None
    if code.co_name == "wrapper" and code in guard_codes() and _repr_code(function) is not None:
        return "__repr__"
    name = function.__name__
    return name if code in namedtuple_codes() and name in NAMEDTUPLE_METHODS else None


def looks_generated(function: Any) -> bool:
    """Whether a function may be a generated method; cheap."""
    return _method_name(function) is not None


def guard_codes() -> List[types.CodeType]:
    """The wrappers that keep a `__repr__` from endless recursion."""
    if not _guards:
        import dataclasses

        for make in (getattr(dataclasses, "_recursive_repr", None), reprlib.recursive_repr("...")):
            if make is not None:
                _guards.append(make(lambda self: "").__code__)
    return _guards


_guards: List[types.CodeType] = []


def contents(cell: Any) -> Tuple[Any, ...]:
    """What a cell holds, as a tuple of one; nothing for an empty cell, as in a function put together by hand."""
    try:
        return (cell.cell_contents,)
    except ValueError:
        return ()


def guarded_repr(function: types.FunctionType) -> Any:
    """The `__repr__` under a guard against recursion, None for any other function; before 3.11 only a cell knows it."""
    # All of them are called that: `dataclasses` is not imported to compare any other.
    if function.__code__.co_name != "wrapper" or function.__code__ not in guard_codes():
        return None
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or ()))
    return next(iter(contents(cells["user_function"])), None)


def _repr_code(function: Any) -> Optional[types.CodeType]:
    """The code of the `__repr__` that `dataclasses` generated under a guard against recursion."""
    inner = function.__dict__.get("__wrapped__")
    code = getattr(inner, "__code__", None)
    if isinstance(code, types.CodeType) and code.co_filename == "<string>" and code.co_name == "__repr__":
        return code
    return None


def _repr_without_guard(function: Any) -> Any:
    """The guarded `__repr__` around `function`, as an expression; None if there is none."""
    code = function.__code__
    if code.co_filename != "<string>" or code.co_name != "__repr__":
        return None
    for cls in reversed(list(_classes())):
        guarded = cls.__dict__.get("__repr__")
        holds = isinstance(guarded, types.FunctionType) and guarded.__dict__.get("__wrapped__") is function
        if holds and _has_library(cls, "__repr__") and _is_method_of(guarded, cls, "__repr__"):
            return Expression(_runtime.z1, cls, "__repr__")
    return None


def namedtuple_codes() -> List[types.CodeType]:
    if not _template_codes:
        import collections

        template = collections.namedtuple("template", "field")
        for name in NAMEDTUPLE_METHODS:
            value = template.__dict__[name]
            function = getattr(value, "__func__", value)
            if isinstance(function, types.FunctionType) and name != "__new__":
                _template_codes.append(function.__code__)
    return _template_codes


_template_codes: List[types.CodeType] = []


def _classes() -> Iterator[Any]:
    """All classes that are alive, oldest first among those of one base."""
    pending: List[Any] = [object]
    seen = set()
    while pending:
        cls = pending.pop()
        if id(cls) in seen:
            continue
        seen.add(id(cls))
        if cls is not object:
            yield cls
        with contextlib.suppress(Exception):
            pending += reversed(type.__subclasses__(cls))


def _has_library(cls: Any, name: str) -> bool:
    own = cls.__dict__
    if _runtime.__name__ in (cls.__module__, cls.__bases__[0].__module__):
        return False  # made to be compared
    if "__dataclass_fields__" in own:
        return name in _runtime.DATACLASS_METHODS
    return "_fields" in own and "_make" in own and name in NAMEDTUPLE_METHODS


def _is_method_of(function: Any, cls: Any, name: str, exact: bool = True) -> bool:
    """Whether the library generates this for that class; not `exact`: with other defaults."""
    known = _runtime.made_for(function)
    if known is not None:
        return bool(known[0] is cls and known[1] == name)
    if _method_name(function) is None:
        return False
    for slots in (False, True) if "__slots__" in cls.__dict__ else (False,):
        made = _generate(cls, name, function, slots)
        if made is not None and _same(function, made) and (not exact or _signature_of(function) == _signature_of(made)):
            _runtime.note_made(cls, name, function)
            return True
    return False


def _generate(cls: Any, name: str, like: Any, slots: bool = False) -> Any:
    """The method made anew; all of a class at once, as several are asked for one after the other."""
    if not _has_library(cls, name):
        return None
    post_init = "__post_init__" in like.__code__.co_names if name == "__init__" else hasattr(cls, "__post_init__")
    slots = slots and sys.version_info >= (3, 11)
    last = _latest[:]
    if not last or last[0]() is not cls or last[1] != (post_init, slots):
        names = _runtime.DATACLASS_METHODS if "__dataclass_fields__" in cls.__dict__ else NAMEDTUPLE_METHODS
        try:
            functions = _runtime.generate(cls, names, post_init, slots)
        except Exception:  # the fields were changed to what no dataclass can have
            functions = {}
        last = _latest[:] = [weakref.ref(cls), (post_init, slots), functions]
    return last[2].get(name)


#: Weak reference to a class, options and the methods made for it; `forget` it, as methods may hold the class.
_latest: List[Any] = []


def forget() -> None:
    """Drop what was made to be compared."""
    _latest.clear()


def _same(one: Any, other: Any) -> bool:
    """Whether two generated functions do the same: equal code, the same values in the cells."""
    if difference(one.__code__, other.__code__, positions=False) is not None:
        return False
    inner, inner_other = one.__dict__.get("__wrapped__"), other.__dict__.get("__wrapped__")
    if inner is not None or inner_other is not None:
        both = isinstance(inner, types.FunctionType) and isinstance(inner_other, types.FunctionType)
        return both and _same(inner, inner_other)
    for cell, other_cell in zip(one.__closure__ or (), other.__closure__ or ()):
        held, other_held = contents(cell), contents(other_cell)
        if len(held) != len(other_held) or not all(map(_equal, held, other_held)):
            return False
    return True


def _equal(one: Any, other: Any) -> bool:
    """The same object, or equal constants: the names of a namedtuple, the bound methods of a builtin."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, type):  # up to 3.13 the class that was there before dataclass() made one with slots of it
        fields = other.__dict__.get("__dataclass_fields__")
        return fields is not None and one.__dict__.get("__dataclass_fields__") is fields
    return type(one) in (str, int, tuple, types.BuiltinFunctionType) and bool(one == other)


def _signature_of(function: Any) -> Tuple[Any, ...]:
    defaults = [_Same(value) for value in function.__defaults__ or ()]
    return defaults, {name: _Same(value) for name, value in (function.__kwdefaults__ or {}).items()}


class _Same:
    """Equal to what holds the same object, or an equal marker of a default factory."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, _Same) and self.value is other.value

    __hash__ = None  # type: ignore[assignment]


def _changes(function: Any, cls: Any, name: str) -> Optional[Tuple[Optional[Attributes], Attributes]]:
    """What was changed on a generated method since, as the arguments of `_runtime.a`; None if nothing was."""
    expected = expected_defaults(cls, name)
    slots: Dict[str, Any] = {}
    for attribute, values, wanted in zip(
        ("__defaults__", "__kwdefaults__"), (function.__defaults__, function.__kwdefaults__), expected
    ):
        if not _hold_the_same(values or (), wanted or ()):
            slots[attribute] = values
    if function.__name__ != name:
        slots["__name__"] = function.__name__
    if not _doc_is_generated(function, cls, name):
        slots["__doc__"] = function.__doc__
    own = {key: value for key, value in function.__dict__.items() if key != "__wrapped__" or name != "__repr__"}
    return (own or None, slots) if own or slots else None


def _doc_is_generated(function: Any, cls: Any, name: str) -> bool:
    if "_fields" not in cls.__dict__ or "__dataclass_fields__" in cls.__dict__:
        return function.__doc__ is None
    made = _generate(cls, name, function)
    return made is not None and made.__doc__ == function.__doc__


def _hold_the_same(values: Any, wanted: Any) -> bool:
    if len(values) != len(wanted):
        return False
    if isinstance(values, dict):
        return values.keys() == wanted.keys() and all(_is_default(values[key], wanted[key]) for key in values)
    return all(map(_is_default, values, wanted))


def _is_default(value: Any, wanted: Any) -> bool:
    return value is wanted or (wanted is _FACTORY and _is_factory_marker(value))


_FACTORY = object()


def _is_factory_marker(value: Any) -> bool:
    import dataclasses

    return value is getattr(dataclasses, "_HAS_DEFAULT_FACTORY", None) or value is _runtime._NO_DEFAULT


def expected_defaults(cls: Any, name: str) -> Tuple[Optional[Sequence[Any]], Optional[Dict[str, Any]]]:
    """The defaults that a generated method has by its declaration: for positional and for keyword-only parameters."""
    own = cls.__dict__
    if "__dataclass_fields__" not in own:
        if name != "__new__":
            return None, None
        return [cls._field_defaults[field] for field in cls._fields if field in cls._field_defaults], None
    if name != "__init__":
        return None, None
    import dataclasses

    from ._dataclasses import is_keyword_only, kind_of_field

    positional, keywords = [], {}
    for field in own["__dataclass_fields__"].values():
        if not field.init or kind_of_field(field) == "c":
            continue
        if field.default is not dataclasses.MISSING:
            default = field.default
        elif field.default_factory is not dataclasses.MISSING:
            default = _FACTORY
        else:
            continue
        if is_keyword_only(cls, field):
            keywords[field.name] = default
        else:
            positional.append(default)
    return positional, keywords
