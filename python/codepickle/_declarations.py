"""Classes that the standard library generates: what they were declared as.

Methods that `dataclasses`, `enum`, `collections.namedtuple` and `typing` generate are of one Python version. They stay
here; the receiver's own library generates its own from the declaration. What the user wrote into the class travels.
"""

from __future__ import annotations

import enum
import types
from typing import Any, Callable, Dict, List, Optional, Tuple

from . import _runtime
from ._classes import (
    _REQUIRED,
    Attributes,
    Numbers,
    Reduced,
    class_state,
    explicit_metaclass,
    identify,
    module_of,
    real_bases,
    short_name,
    state_of,
    trim,
)
from ._dataclasses import declare_dataclass, is_dataclass
from ._generated import is_generated

Kind = Callable[[Any, Optional[types.CodeType], Numbers], Reduced]


def kind_of(cls: Any) -> Optional[Kind]:
    """The reducer for a class that a factory of the standard library made, None for a plain class."""
    if isinstance(cls, enum.EnumMeta):
        return reduce_enum
    if is_namedtuple(cls):
        return reduce_namedtuple
    if is_typed_dict(cls):
        return reduce_typed_dict
    return None


def identity_of(cls: Any) -> Tuple[str, Tuple[Any, ...], Any]:
    """What makes the token of a class, besides its names: its kind, bases and metaclass."""
    if isinstance(cls, enum.EnumMeta):
        return "enum", real_bases(cls), explicit_metaclass(cls)
    if is_namedtuple(cls):
        bases = real_bases(cls)
        return "namedtuple", (() if bases == (tuple,) else bases), None
    if is_typed_dict(cls):
        return "TypedDict", (), None
    return "class", real_bases(cls), explicit_metaclass(cls)


def own_attributes(cls: Any) -> Attributes:
    """The attributes of a class that were not generated."""
    attributes, _ = class_state(cls)
    if isinstance(cls, enum.EnumMeta):
        _drop_enum_internals(cls, attributes)
    elif is_namedtuple(cls):
        _drop_namedtuple_internals(cls, attributes)
    elif is_typed_dict(cls):
        _drop_typed_dict_internals(attributes)
    else:
        declare_protocol(cls, attributes)
        if is_dataclass(cls):
            declare_dataclass(cls, attributes)
    return attributes


def constants_of(cls: Any) -> List[Any]:
    """What a declaration says beyond the attributes: the members of an enum, the fields of a namedtuple."""
    if isinstance(cls, enum.EnumMeta):
        return [(name, member._value_) for name, member in cls._member_map_.items()]
    return list(cls._fields) if is_namedtuple(cls) else []


# --- enum ---

_ENUM_INTERNALS = frozenset(
    [
        "_member_names_",
        "_member_map_",
        "_member_type_",
        "_value2member_map_",
        "_unhashable_values_",
        "_unhashable_values_map_",
        "_hashable_values_",
        "_value_repr_",
        "_new_member_",
        "_use_args_",
        "_boundary_",
        "_flag_mask_",
        "_singles_mask_",
        "_all_bits_",
        "_inverted_",
        "__new__",
        "__new_member__",
    ]
)
_MEMBER_INTERNALS = frozenset(["_value_", "_name_", "__objclass__", "_sort_order_", "_inverted_"])
_CONSTANTS = (int, float, complex, str, bytes, bool, type(None))
_DATA_TYPES = (int, float, complex, str, bytes, tuple, frozenset)


def reduce_enum(cls: Any, unit: Optional[types.CodeType], numbers: Numbers) -> Reduced:
    """An enum: its members are part of the skeleton, with what is plain constant of their values."""
    identity = identify(cls, unit, numbers)
    members: Dict[str, Any] = {}
    opaque: List[str] = []
    data: Dict[str, Tuple[Any, ...]] = {}
    values: Dict[str, Any] = {}
    items: Dict[str, Attributes] = {}
    data_type = cls._member_type_
    for name, member in cls._member_map_.items():
        value = member._value_
        if is_constant(value):
            members[name] = value
        else:
            members[name] = member._name_
            opaque.append(name)
            if member._name_ == name:
                values[name] = value
        if data_type is not object:
            arguments = _data_arguments(member, data_type)
            if arguments is not None and not (
                name not in opaque
                and len(arguments) == 1
                and type(arguments[0]) is type(value)
                and arguments[0] == value
            ):
                data[name] = arguments
        if member._name_ == name:
            own = {key: item for key, item in vars(member).items() if key not in _MEMBER_INTERNALS}
            if own:
                items[name] = own
    if opaque:
        # Such a value follows late: what refers to the member before must not look it up by its value.
        from ._reducers import dispatch

        dispatch[cls] = _reduce_member
    attributes, declarations = class_state(cls)
    _drop_enum_internals(cls, attributes)
    user_new = cls.__dict__.get("__new_member__")
    if user_new is not None and getattr(user_new, "__module__", None) == "enum":
        user_new = None
    if isinstance(user_new, staticmethod):
        user_new = user_new.__func__
    if user_new is not None or items or values:
        declarations["m"] = (user_new, items or None, values or None)
    boundary = cls.__dict__.get("_boundary_")
    inherited = getattr(cls.__bases__[-1], "_boundary_", None)
    arguments = trim(
        (
            module_of(cls),
            identity.qualname,
            identity.bases,
            members,
            identity.captured,
            identity.number,
            unit,
            identity.meta,
            tuple(opaque),
            data or None,
            None if boundary is None or boundary is inherited else boundary.name,
            short_name(cls, identity.qualname),
        ),
        (_REQUIRED, _REQUIRED, _REQUIRED, _REQUIRED, "", 0, None, None, (), None, None, None),
    )
    return _runtime.e, arguments, state_of(attributes, declarations), None, None, _runtime.s


def _reduce_member(member: Any) -> Any:
    own: Any = type(member).__reduce_ex__
    if own is not enum.Enum.__reduce_ex__ or not isinstance(member._name_, str):
        return NotImplemented
    return getattr, (type(member), member._name_)


def is_constant(value: Any) -> bool:
    """Whether a value can be part of a skeleton: it holds no reference back."""
    if type(value) in _CONSTANTS:
        return True
    return type(value) in (tuple, frozenset) and all(is_constant(item) for item in value)


def _data_arguments(member: Any, data_type: Any) -> Optional[Tuple[Any, ...]]:
    """The arguments with which the builtin that is mixed in makes the data of a member."""
    for base in data_type.__mro__:
        if base in _DATA_TYPES:
            return (_plain_data(base, member),)
    for base in data_type.__mro__:
        if "__reduce__" in base.__dict__ or "__reduce_ex__" in base.__dict__:
            if base is object:
                return None
            reduced = base.__reduce_ex__(member, 2)
            arguments = reduced[1]
            return tuple(arguments[1:] if arguments and arguments[0] is type(member) else arguments)
    return None


def _plain_data(base: Any, member: Any) -> Any:
    if base is int:
        return int.__int__(member)
    if base is float:
        return float.__float__(member)
    if base is str:
        return str.__str__(member)
    if base is bytes:
        return bytes.__getitem__(member, slice(None))
    if base is tuple:
        return tuple.__getitem__(member, slice(None))
    if base is complex:
        return complex(complex.real.__get__(member), complex.imag.__get__(member))
    return frozenset.__or__(member, frozenset())


def _drop_enum_internals(cls: Any, attributes: Attributes) -> None:
    """Leave what the user wrote into the class statement."""
    for name in _ENUM_INTERNALS:
        attributes.pop(name, None)
    for name in cls._member_map_:
        attributes.pop(name, None)
    if attributes.get("__doc__") in ("An enumeration.", None):  # put there before 3.11
        attributes.pop("__doc__", None)
    first = cls.__bases__[-1]
    data_type = cls._member_type_
    for name in ("__repr__", "__str__", "__format__", "__reduce_ex__"):
        value = attributes.get(name)
        if value is None:
            continue
        made = [getattr(first, name, None), getattr(enum.Enum, name)]
        if getattr(enum, "ReprEnum", None) in cls.__bases__:
            made += [getattr(data_type, name, None), data_type.__repr__ if name == "__str__" else None]
        if value in made or getattr(value, "__module__", None) == "enum":
            del attributes[name]
    for name in ("__or__", "__and__", "__xor__", "__ror__", "__rand__", "__rxor__", "__invert__"):
        if name in attributes and attributes[name] is getattr(enum.Flag, name, None):
            del attributes[name]
    # 3.11+ has it on every enum, older ones where it comes from a base.
    generate = cls.__dict__.get("_generate_next_value_")
    function = getattr(generate, "__func__", generate)
    if function is not None:
        if function is getattr(first, "_generate_next_value_", None):
            attributes.pop("_generate_next_value_", None)
        else:
            attributes["_generate_next_value_"] = staticmethod(function)
    if attributes.get("_iter_member_") is not None and "_iter_member_by_def_" in repr(attributes["_iter_member_"]):
        del attributes["_iter_member_"]


# --- namedtuple ---

_NAMEDTUPLE_GENERATED = frozenset(
    [
        "__new__",
        "_make",
        "_replace",
        "__replace__",
        "__repr__",
        "_asdict",
        "__getnewargs__",
        "_fields",
        "_field_defaults",
        "_fields_defaults",
        "_field_types",
        "__match_args__",
        "__slots__",
    ]
)


def is_namedtuple(cls: Any) -> bool:
    """Whether `collections.namedtuple` or `typing.NamedTuple` made the class itself."""
    own = cls.__dict__
    if type(cls) is not type or "_fields" not in own or "_make" not in own or "_replace" not in own:
        return False
    return tuple in cls.__bases__ and isinstance(own["_fields"], tuple)


def reduce_namedtuple(cls: Any, unit: Optional[types.CodeType], numbers: Numbers) -> Reduced:
    """A namedtuple: its fields are the skeleton."""
    identity = identify(cls, unit, numbers)
    attributes, declarations = class_state(cls)
    docs = _drop_namedtuple_internals(cls, attributes)
    defaults = tuple([cls._field_defaults[field] for field in cls._fields if field in cls._field_defaults])
    if defaults or docs:
        declarations["n"] = (defaults, docs)
    arguments = trim(
        (
            module_of(cls),
            identity.qualname,
            cls._fields,
            identity.captured,
            identity.number,
            unit,
            identity.bases or None,
            short_name(cls, identity.qualname),
        ),
        (_REQUIRED, _REQUIRED, _REQUIRED, "", 0, None, None, None),
    )
    return _runtime.n, arguments, state_of(attributes, declarations), None, None, _runtime.s


def _drop_namedtuple_internals(cls: Any, attributes: Attributes) -> Dict[str, Any]:
    """Leave what the user wrote; the docstrings of fields that were changed."""
    docs = {}
    for number, field in enumerate(cls._fields):
        doc = getattr(attributes.get(field), "__doc__", None)
        if doc is not None and doc != f"Alias for field number {number}":
            docs[field] = doc
        attributes.pop(field, None)
    for key in _NAMEDTUPLE_GENERATED:
        if key in attributes and is_generated(cls, key, attributes[key]):
            del attributes[key]
    if "__class_getitem__" in attributes and len(cls.__bases__) > 1:
        del attributes["__class_getitem__"]  # 3.11, the generic ones
    if attributes.get("__doc__") == f"{cls.__name__}({', '.join(cls._fields)})":
        del attributes["__doc__"]
    bases = attributes.get("__orig_bases__")  # 3.9
    if isinstance(bases, tuple) and len(bases) == 1 and getattr(bases[0], "__name__", None) == "NamedTuple":
        del attributes["__orig_bases__"]
    return docs


# --- TypedDict ---

_KEY_SETS = ("__required_keys__", "__optional_keys__", "__readonly_keys__", "__mutable_keys__")


def is_typed_dict(cls: Any) -> bool:
    """Whether `typing` or `typing_extensions` made a TypedDict of the class statement."""
    return "__total__" in cls.__dict__ and type(cls).__name__ == "_TypedDictMeta"


def reduce_typed_dict(cls: Any, unit: Optional[types.CodeType], numbers: Numbers) -> Reduced:
    """A TypedDict: all its state is attributes."""
    identity = identify(cls, unit, numbers)
    attributes, declarations = class_state(cls)
    keys = {name: tuple(sorted(attributes[name])) for name in _KEY_SETS if name in attributes}
    if not keys.get("__readonly_keys__"):  # 3.13
        keys.pop("__readonly_keys__", None)
        keys.pop("__mutable_keys__", None)
    if "__required_keys__" not in keys:  # 3.8
        everything = tuple(sorted(attributes.get("__annotations__", ())))
        total = cls.__dict__["__total__"]
        keys = {"__required_keys__": everything if total else (), "__optional_keys__": () if total else everything}
    declarations["k"] = keys
    parameters = tuple(cls.__dict__.get("__parameters__", ()))
    _drop_typed_dict_internals(attributes)
    arguments = trim(
        (
            module_of(cls),
            identity.qualname,
            identity.captured,
            identity.number,
            unit,
            bool(cls.__dict__["__total__"]),
            parameters or None,
            short_name(cls, identity.qualname),
        ),
        (_REQUIRED, _REQUIRED, "", 0, None, True, None, None),
    )
    return _runtime.o, arguments, state_of(attributes, declarations), None, None, _runtime.s


def _drop_typed_dict_internals(attributes: Attributes) -> None:
    for name in _KEY_SETS:
        attributes.pop(name, None)
    for name in ("__total__", "__new__", "__orig_bases__", "__class_getitem__"):
        attributes.pop(name, None)
    for name in ("__extra_items__", "__closed__"):  # 3.15 and typing_extensions; private sentinels
        if name in attributes and type(attributes[name]) is not bool:
            del attributes[name]
    attributes.pop("__parameters__", None)


# --- Protocol ---


def declare_protocol(cls: Any, attributes: Attributes) -> Optional[bool]:
    """Leave out what `typing` puts on protocols; whether it is one that checks at run time, None if it is none."""
    if "_is_protocol" not in cls.__dict__:
        return None
    for name in ("__init__", "__subclasshook__"):
        function = getattr(attributes.get(name), "__func__", attributes.get(name))
        if getattr(function, "__module__", None) in ("typing", "typing_extensions"):
            del attributes[name]
    runtime = attributes.pop("_is_runtime_protocol", False)
    is_protocol = attributes.pop("_is_protocol")
    return bool(runtime) if is_protocol else None
