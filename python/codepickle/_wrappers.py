"""What `functools.update_wrapper` leaves on a wrapper, said in the same way by every version."""

from __future__ import annotations

from typing import Any, Callable, Dict

Attributes = Dict[str, Any]


_OF_SOME_VERSIONS = frozenset(["__annotate__", "__type_params__", "__final__"])


def portable_attributes(attributes: Attributes) -> Attributes:
    """The `__dict__` of a function without what one version alone puts there.

    `typing.final` leaves its mark from 3.11 on. On wrappers (those with ``__wrapped__``) 3.14 copies the function that
    makes the annotations, whose code has no text, where others copy the annotations; 3.12 and later copy type
    parameters, also where there are none.
    """
    if not attributes.keys() & _OF_SOME_VERSIONS:
        return attributes
    portable: Attributes = {}
    for name, value in attributes.items():
        if name == "__annotate__":
            portable.setdefault("__annotations__", {} if value is None else evaluated(value))
        elif (name != "__type_params__" or value != ()) and (name != "__final__" or value is not True):
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
