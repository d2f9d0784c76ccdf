"""Classes of attrs: what attrs keeps on them is rebuilt by the attrs of the receiver, which may be another version."""

from __future__ import annotations

import enum
from typing import Any, Dict

from . import _runtime
from ._classes import Attributes, Expression, Reduced


def declare_attrs(cls: Any, attributes: Attributes) -> None:
    """Put expressions in the place of what one version of attrs keeps on a class; the rest travels as it is."""
    found = attributes.get("__attrs_attrs__")
    if isinstance(found, tuple):
        for attribute in found:
            _register(type(attribute))
        attributes["__attrs_attrs__"] = Expression(_runtime.t1, "t", cls.__name__, tuple(found))
    props = attributes.get("__attrs_props__")
    if props is not None:  # 25.4
        attributes["__attrs_props__"] = Expression(_runtime.t1, "p", _slots_of(props))
    attributes.pop("__attrs_base_of_slotted__", None)  # a weak reference to the class before it got slots


def _register(kind: type) -> None:
    from ._reducers import dispatch

    if kind.__module__.partition(".")[0] == "attr" and kind not in dispatch:
        dispatch[kind] = _reduce_attribute


def _reduce_attribute(obj: Any) -> Reduced:
    """By name: attrs itself pickles the values in the order of its slots."""
    return _runtime.t1, ("a", _slots_of(obj))


def _slots_of(obj: Any) -> Dict[str, Any]:
    values = {name: getattr(obj, name, None) for name in type(obj).__slots__ if not name.startswith("__")}
    for name, value in values.items():
        if isinstance(value, enum.Enum) and type(value).__module__.startswith("attr"):
            values[name] = (type(value).__name__, value.name)
    return {name: value for name, value in values.items() if value is not None}
