"""``getsource``: the text that would travel."""

from __future__ import annotations

from functools import partial
from types import FunctionType, MethodType
from typing import Any, Tuple

from . import _snippets
from ._errors import PicklingError


def getsource(obj: object) -> str:
    """The exact text of a function, lambda or class that would travel.

    It is the text that compiles to the live code, found where `dumps` finds it: in the file, in a notebook's cell, in
    ``__source__``, in the payload that the object was loaded from. Nothing is dedented or reformatted.

    Args:
        obj: A function, lambda, class, bound method, `staticmethod`, `classmethod`, `property` or `functools.partial`.

    Returns:
        The text, from the first decorator to the end; a lambda without what stands around it.

    Raises:
        PicklingError: no text compiles to the live code; the message says why.
        TypeError: `obj` is none of these.

    >>> import codepickle
    >>> square = lambda x: x * x
    >>> codepickle.getsource(square)
    'lambda x: x * x'
    """
    return str(snippet_of(obj)[0])


def snippet_of(obj: object) -> Tuple[Any, ...]:
    """The arguments of the runtime's `c` for what `getsource` takes."""
    target: Any = obj
    while not isinstance(target, (type, FunctionType)):
        if isinstance(target, (MethodType, staticmethod, classmethod)):
            target = target.__func__
        elif isinstance(target, property):
            target = target.fget
        elif isinstance(target, partial):
            target = target.func
        elif hasattr(target, "__wrapped__"):
            target = target.__wrapped__
        else:
            raise TypeError("getsource() takes a function or class, not %s" % type(obj).__name__)
    if isinstance(target, type):
        unit = _snippets.class_unit(target)
        if unit is None:
            raise PicklingError(
                "no source text was found for class %r: none of its methods leads to the statement that made it"
                % target.__qualname__
            )
        return unit.args
    try:
        found = _snippets.plan(target.__code__, target)
    except _snippets.NoSource as reason:
        raise PicklingError("no source for %r: %s" % (target.__qualname__, reason)) from None
    assert found.args is not None
    return found.args
