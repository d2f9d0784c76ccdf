"""What a dataclass was declared as."""

from __future__ import annotations

import gc
import operator
import sys
import types
from typing import Any, Dict, List, Optional, Set, Tuple

from . import _runtime
from ._classes import _REQUIRED, Attributes, trim
from ._generated import forget, is_generated

_FLAGS = (
    ("init", True),
    ("repr", True),
    ("eq", True),
    ("order", False),
    ("unsafe_hash", False),
    ("frozen", False),
    ("match_args", True),
)


def is_dataclass(cls: Any) -> bool:
    """Whether the class itself, not a base, is a dataclass."""
    return "__dataclass_params__" in cls.__dict__ and isinstance(cls.__dict__.get("__dataclass_fields__"), dict)


def declare_dataclass(cls: Any, attributes: Attributes) -> Tuple[Any, ...]:
    """The arguments of the runtime's `d1` for a dataclass; what it makes is taken out of `attributes`.

    What only some versions remember about a dataclass (`slots`, `kw_only`) is told from its contents on every one.
    """
    params, fields = cls.__dict__["__dataclass_params__"], cls.__dict__["__dataclass_fields__"]
    del attributes["__dataclass_params__"], attributes["__dataclass_fields__"]
    flags = {name: getattr(params, name) for name, default in _FLAGS if getattr(params, name, default) != default}
    if _slots_follow(cls, fields):
        flags["slots"] = True
        if "__weakref__" in cls.__dict__["__slots__"]:
            flags["weakref_slot"] = True
    expected = _generated_names(flags)
    absent = tuple([name for name in expected if name not in cls.__dict__])
    if "__doc__" not in attributes:
        absent += ("__doc__",)
    elif _doc_is_generated(cls, attributes["__doc__"]):
        del attributes["__doc__"]
    post_init = hasattr(cls, "__post_init__")
    init = cls.__dict__.get("__init__")
    for name in (*_runtime.DATACLASS_METHODS, "__replace__", "__getstate__", "__setstate__"):
        value = attributes.get(name)
        if value is None or name not in attributes:
            continue
        if name == "__init__" and is_generated(cls, name, value):
            post_init = "__post_init__" in init.__code__.co_names
        if (name in expected and is_generated(cls, name, value)) or _is_of_dataclasses(value):
            del attributes[name]
        else:
            # Versions differ in the order in which they add methods, and the user may have replaced one.
            attributes[name] = attributes.pop(name)
    forget()
    if "__hash__" in attributes and attributes["__hash__"] is None and _hash_of(flags) == "none":
        del attributes["__hash__"]
    names = [f.name for f in fields.values() if f.init and kind_of_field(f) != "c" and not is_keyword_only(cls, f)]
    if attributes.get("__match_args__") == tuple(names):
        del attributes["__match_args__"]
    elif "__match_args__" not in attributes and hasattr(_sample_dataclass(), "__match_args__"):  # 3.10
        flags["match_args"] = False
    declared = []
    for name, field in fields.items():
        if any(base.__dict__.get("__dataclass_fields__", {}).get(name) is field for base in cls.__mro__[1:]):
            continue
        options = field_options(cls, field)
        declared.append((name, options) if options else name)
    hints = attributes.pop("__annotations__", None)
    if hints:
        from ._annotations import portable

        hints = portable(hints)
    return trim(
        (cls, declared, hints, flags or None, post_init, absent),
        (_REQUIRED, _REQUIRED, None, None, False, ()),
    )


def _doc_is_generated(cls: Any, doc: Any) -> bool:
    if not isinstance(doc, str):  # made when it is asked for: on 3.15, and of what was loaded
        return type(doc) is _runtime.Signature or type(doc).__name__ == "_AutoDocstring"
    if not doc.startswith(cls.__name__ + "("):
        return False
    if doc == cls.__name__ + "(*args, **kwds)":  # 3.7 and 3.8 take the signature of Generic.__new__
        return True
    known = _docs.get(cls)
    if known is None or known[0] is not doc:
        known = _docs[cls] = doc, _is_signature(cls, doc)
    return bool(known[1])


def _is_signature(cls: Any, doc: str) -> bool:
    try:
        if doc == _runtime.signature_doc(cls):
            return True
        # `__init__` may have been replaced since; 3.15 would take the signature of what is there when it is asked.
        return bool(doc == _runtime.signature_doc(_runtime.scratch_dataclass(cls)))
    except Exception:  # the fields were changed to what no dataclass can have
        return False


#: Docstrings that were looked at: class -> the docstring, whether it was generated. It takes a millisecond to tell.
_docs = _runtime._ByIdentity()


def _sample_dataclass() -> Any:
    if not _samples:
        import dataclasses

        _samples.append(dataclasses.make_dataclass("Sample", []))
    return _samples[0]


_samples: List[Any] = []


def _is_of_dataclasses(value: Any) -> bool:
    """Whether it is a function of `dataclasses` itself, or the runtime's for a Python whose `dataclasses` has none."""
    return isinstance(value, types.FunctionType) and value.__module__ in ("dataclasses", _runtime.__name__)


def _generated_names(flags: Dict[str, Any]) -> List[str]:
    """The methods that `dataclasses` generates where the user wrote none."""
    names = [
        name for flag, name in (("init", "__init__"), ("repr", "__repr__"), ("eq", "__eq__")) if flags.get(flag, True)
    ]
    if flags.get("order"):
        names += ["__lt__", "__le__", "__gt__", "__ge__"]
    if flags.get("frozen"):
        names += ["__setattr__", "__delattr__"]
    if _hash_of(flags) != "inherited":
        names.append("__hash__")
    if flags.get("frozen") and flags.get("slots"):
        names += ["__getstate__", "__setstate__"]
    return names


def _hash_of(flags: Dict[str, Any]) -> str:
    if flags.get("unsafe_hash") or (flags.get("eq", True) and flags.get("frozen")):
        return "generated"
    return "none" if flags.get("eq", True) else "inherited"


def kind_of_field(field: Any) -> Optional[str]:
    """ "c" for a ClassVar, "i" for an InitVar, None for a field."""
    return {"_FIELD_CLASSVAR": "c", "_FIELD_INITVAR": "i"}.get(getattr(field._field_type, "name", ""))


def is_keyword_only(cls: Any, field: Any) -> bool:
    """Whether `__init__` takes a field by keyword alone."""
    if getattr(field, "kw_only", False) is True:
        return True
    return any(field.name in _runtime.kept(base).get("kw_only", ()) for base in cls.__mro__)


def field_options(cls: Any, field: Any) -> Dict[str, Any]:
    """The arguments of `field()` that are not the default, and the kind."""
    import dataclasses

    options: Dict[str, Any] = {}
    kind = kind_of_field(field)
    if kind is not None:
        options["kind"] = kind
    for name in ("default", "default_factory"):
        value = getattr(field, name)
        if value is not dataclasses.MISSING and not isinstance(value, types.MemberDescriptorType):
            options[name] = value
    for name, default in (("init", True), ("repr", True), ("hash", None), ("compare", True), ("doc", None)):
        value = getattr(field, name, default)
        if value is not default:
            options[name] = value
    if field.metadata:
        options["metadata"] = _mapping(field.metadata)
    if kind != "c" and (getattr(field, "kw_only", False) is True or (cls is not None and is_keyword_only(cls, field))):
        options["kw_only"] = True
    return options


def _mapping(proxy: Any) -> Any:
    """What a mapping proxy shows, as a dict; as it is if it cannot be listed."""
    try:
        return dict(proxy)
    except Exception:
        return gc.get_referents(proxy)[0]


def _slots_follow(cls: Any, fields: Dict[str, Any]) -> bool:
    """Whether the slots are those that ``dataclass(slots=True)`` makes of the fields; by hand they are no others."""
    slots = cls.__dict__.get("__slots__")
    if not isinstance(slots, (tuple, dict)):  # a dict where a field has a docstring (3.14)
        return False
    inherited = _inherited_slots(cls)
    names = [field.name for field in fields.values() if kind_of_field(field) is None and field.name not in inherited]
    return [slot for slot in own_slots(cls, slots) if slot != "__weakref__"] == names


def own_slots(cls: Any, slots: Any) -> Any:
    """The slots of a dataclass without those that 3.10 repeats from its bases."""
    if sys.version_info[:2] != (3, 10) or not isinstance(slots, tuple):
        return slots
    inherited = _inherited_slots(cls)
    return tuple([slot for slot in slots if slot not in inherited])


def _inherited_slots(cls: Any) -> Set[str]:
    inherited: Set[str] = set()
    for base in cls.__mro__[1:-1]:
        own = base.__dict__.get("__slots__", ())
        inherited.update([own] if isinstance(own, str) else own)
    return inherited


# --- fields and sentinels, where they stand by themselves ---


def enter_types(dispatch: Dict[type, Any]) -> None:
    """Add the reducers for the types that `dataclasses` itself has."""
    import dataclasses

    names: Dict[int, str] = {}
    for name in ("MISSING", "KW_ONLY", "_FIELD", "_FIELD_CLASSVAR", "_FIELD_INITVAR", "_HAS_DEFAULT_FACTORY"):
        value = getattr(dataclasses, name, None)  # KW_ONLY: 3.10
        if value is None:
            continue
        names[id(value)] = name

        def reduce(obj: Any) -> Any:
            found = names.get(id(obj))
            return NotImplemented if found is None else (_runtime.g, ("dataclasses", found))

        dispatch[type(value)] = reduce
    dispatch[dataclasses.Field] = _reduce_field
    dispatch[dataclasses.InitVar] = _reduce_init_var


def _reduce_field(obj: Any) -> Any:
    """A field that something else than its class holds; its slots are of one version."""
    return _runtime.f1, (obj.name, field_options(None, obj)), (None, {"type": obj.type})


def _reduce_init_var(obj: Any) -> Any:
    # By subscription: it has slots on 3.8 and a __dict__ later, and 3.7 has no instances.
    return operator.getitem, (type(obj), obj.type)
