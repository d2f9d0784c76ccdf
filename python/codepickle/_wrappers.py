"""What `functools.update_wrapper` leaves on a wrapper, said in the same way by every version."""

from __future__ import annotations

from typing import Any, Callable, Dict

Attributes = Dict[str, Any]


def portable_attributes(attributes: Attributes) -> Attributes:
    """The `__dict__` of a wrapper (it has ``__wrapped__``) without what one version alone puts there.

    3.14 copies the function that makes the annotations, whose code has no text, where others copy the annotations;
    3.12 and later copy type parameters, also where there are none.
    """
    if "__annotate__" not in attributes and attributes.get("__type_params__") != ():
        return attributes
    portable: Attributes = {}
    for name, value in attributes.items():
        if name == "__annotate__":
            portable.setdefault("__annotations__", {} if value is None else evaluated(value))
        elif name != "__type_params__" or value != ():
            portable[name] = value
    return portable


def evaluated(annotate: Callable[..., Any]) -> Attributes:
    """The annotations that an ``__annotate__`` function (3.14) makes; none that cannot be evaluated."""
    import annotationlib  # type: ignore[import-not-found]

    for form in (annotationlib.Format.VALUE, annotationlib.Format.FORWARDREF, annotationlib.Format.STRING):
        try:
            return dict(annotationlib.call_annotate_function(annotate, form))
        except Exception:
            continue
    return {}
