"""The types that `pickle` refuses and `cloudpickle` takes.

`dispatch` maps a type to its reducer; the native pickler asks it after the user's own tables, and not before it meets
an instance of a class that says it is of one of the modules in `_names.REDUCED`. The types of modules that programs
often do without are entered when an instance comes (`LATER`): nothing is imported to know its types.
"""

from __future__ import annotations

import _collections_abc
import abc
import functools
import gc
import io
import sys
import types
from collections import OrderedDict

from . import _library, _runtime
from ._errors import refusal
from ._library import LATER
from ._reference import find_by_name, is_registered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Optional, Tuple

    Reduced = Any
    Reducer = Callable[[Any], Reduced]

dispatch: Dict[type, Reducer] = {}


_reduces = _library.noting(dispatch)


# --- descriptors ---


@_reduces(classmethod, staticmethod, abc.abstractclassmethod, abc.abstractstaticmethod)
def _reduce_wrapped_method(obj: Any) -> Reduced:
    return type(obj), (obj.__func__,)


@_reduces(property, abc.abstractproperty)
def _reduce_property(obj: Any) -> Reduced:
    doc = obj.__doc__
    if obj.fget is not None and doc == obj.fget.__doc__:
        # It is taken from the getter; said again, it would be the property's own.
        return type(obj), _until_none(obj.fget, obj.fset, obj.fdel)
    return type(obj), _until_none(obj.fget, obj.fset, obj.fdel, doc)


def _until_none(*arguments: Any) -> Tuple[Any, ...]:
    length = len(arguments)
    while length and arguments[length - 1] is None:
        length -= 1
    return arguments[:length]


def _reduce_cached_property(obj: Any) -> Reduced:
    # A lock is among its attributes on 3.8 to 3.11.
    doc = None if obj.__doc__ == getattr(obj.func, "__doc__", None) else obj.__doc__
    return _runtime.p, _until_none(obj.func, obj.attrname, doc)


if hasattr(functools, "cached_property"):  # 3.8
    dispatch[functools.cached_property] = _reduce_cached_property
dispatch[type(_runtime.g("functools", "cached_property")(len))] = _reduce_cached_property


def _reduce_singledispatchmethod(obj: Any) -> Reduced:
    # Its caches are of one version: 3.13 has one, keyed by weak references.
    return _runtime.j, (obj.dispatcher, obj.func)


if hasattr(functools, "singledispatchmethod"):  # 3.8
    dispatch[functools.singledispatchmethod] = _reduce_singledispatchmethod
dispatch[type(_runtime.g("functools", "singledispatchmethod")(len))] = _reduce_singledispatchmethod


@_reduces(functools.partialmethod)
def _reduce_partialmethod(obj: Any) -> Reduced:
    """By its constructor, which 3.14 does not do without; the keywords follow, as no opcode passes any."""
    reduced = (functools.partialmethod, (obj.func, *obj.args))
    return (*reduced, (None, {"keywords": obj.keywords})) if obj.keywords else reduced


def _reduce_descriptor_subclass(base: type) -> Reducer:
    """The reducer for subclasses of a builtin descriptor, whose contents `object.__reduce_ex__` does not see."""

    def reduce(obj: Any) -> Reduced:
        kind: Any = type(obj)
        if kind.__reduce_ex__ is not object.__reduce_ex__ or kind.__reduce__ is not object.__reduce__:
            return NotImplemented
        contents = (obj.fget, obj.fset, obj.fdel, obj.__doc__) if base is property else (obj.__func__,)
        arguments = _until_none(*contents)
        state = dict(getattr(obj, "__dict__", None) or {})
        for name in ("__wrapped__", "__isabstractmethod__", "__name__", "__qualname__", "__doc__", "__module__"):
            if base is not property:  # 3.10 copies them from the function
                state.pop(name, None)
        return _runtime.y, (kind, base, arguments), state or None

    return reduce


@_reduces(types.DynamicClassAttribute)
def _reduce_dynamic_attribute(obj: Any) -> Reduced:
    """A property of the instances alone; that of `enum` knows its name, which the class statement told it."""
    kind = type(obj)
    contents = (obj.fget, obj.fset, obj.fdel) if obj.overwrite_doc else (obj.fget, obj.fset, obj.fdel, obj.__doc__)
    state = {name: vars(obj)[name] for name in ("name", "clsname") if name in vars(obj)}
    return _runtime.y, (kind, types.DynamicClassAttribute, _until_none(*contents)), state or None


def lazy_reference(obj: Any, binds: Optional[str] = None) -> Reduced:
    """A lazy import (PEP 810, 3.15), not resolved: its representation alone says what it would import."""
    name = repr(obj).partition("'")[2].rpartition("'")[0]
    return _runtime.u, (name,) if binds is None else (name, binds)


if hasattr(types, "LazyImportType"):  # 3.15
    dispatch[types.LazyImportType] = lazy_reference


def register_descriptor_type(kind: type) -> None:
    """Teach the pickler a subclass of a builtin descriptor."""
    if kind in dispatch:
        return
    for base in (property, classmethod, staticmethod):
        if issubclass(kind, base):
            dispatch[kind] = _reduce_descriptor_subclass(base)
            return


@_reduces(
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    # Before 3.11 it has a reducer of its own, which gives the bound method; cloudpickle's users know it so.
    *([types.ClassMethodDescriptorType] if sys.version_info >= (3, 11) else []),
)
def _reduce_slot(obj: Any) -> Reduced:
    if obj.__name__ in ("__dict__", "__weakref__") or type(obj) is types.ClassMethodDescriptorType:
        # getattr() would give what the descriptor describes.
        return _runtime.z, (obj.__objclass__, obj.__name__)
    return getattr, (obj.__objclass__, obj.__name__)


@_reduces(types.MethodType)
def _reduce_method(obj: Any) -> Reduced:
    return types.MethodType, (obj.__func__, obj.__self__)


# --- containers and views ---


@_reduces(types.MappingProxyType)
def _reduce_mapping_proxy(obj: Any) -> Reduced:
    return types.MappingProxyType, (dict(obj),)


@_reduces(memoryview)
def _reduce_memoryview(obj: Any) -> Reduced:
    return bytes, (obj.tobytes(),)


def _reduce_view(kind: str, ordered: bool) -> Reducer:
    def reduce(obj: Any) -> Reduced:
        # Not the whole dict: what the view does not show is not meant to travel.
        return _runtime.i, ((kind, list(obj), True) if ordered else (kind, list(obj)))

    return reduce


dispatch[_collections_abc.dict_keys] = _reduce_view("k", False)
dispatch[_collections_abc.dict_values] = _reduce_view("v", False)
dispatch[_collections_abc.dict_items] = _reduce_view("i", False)
dispatch[type(OrderedDict().keys())] = _reduce_view("k", True)
dispatch[type(OrderedDict().values())] = _reduce_view("v", True)
dispatch[type(OrderedDict().items())] = _reduce_view("i", True)


# --- files ---


@_reduces(io.TextIOWrapper)
def _reduce_file(obj: Any) -> Reduced:
    """A text file becomes a StringIO with its contents and position; what is no readable file on disk is refused.

    The errors begin as cloudpickle's do: callers match them.
    """
    for stream in ("stdout", "stderr"):
        if obj is getattr(sys, stream):
            return _runtime.g, ("sys", stream)
    if obj is sys.stdin:
        raise refusal("Cannot pickle standard input: pass what was read from it")
    name, mode = getattr(obj, "name", None), getattr(obj, "mode", None)
    if name is None or mode is None:
        raise refusal("Cannot pickle a text stream that is no file on disk: pass its contents")
    if obj.closed:
        raise refusal("Cannot pickle closed files: %r is closed" % name)
    if obj.isatty():
        raise refusal("Cannot pickle files that map to tty objects: %r is a terminal" % name)
    if "r" not in mode and "+" not in mode:
        raise refusal("Cannot pickle files that are not opened for reading: %r has mode %r" % (name, mode))
    try:
        position = obj.tell()
        obj.seek(0)
        contents = obj.read()
        obj.seek(position)
    except OSError as error:
        raise refusal("Cannot pickle file %r as it cannot be read: %s" % (name, error)) from error
    copy = io.StringIO(contents, newline="")
    copy.seek(position)
    contents, newline, position, _ = copy.__getstate__()  # type: ignore[attr-defined]
    return io.StringIO, (), (contents, newline, position, {"name": name})


# --- what `functools` makes of functions ---


def _reduce_lru_cache(obj: Any) -> Reduced:
    """The wrapper of `functools.lru_cache`: its function and parameters, never what is cached."""
    found = find_by_name(obj)
    if found is not None and not is_registered(found[0]):
        return obj.__qualname__
    function = obj.__wrapped__
    try:
        parameters = obj.cache_parameters()
        size, typed = parameters["maxsize"], parameters["typed"]
    except AttributeError:
        # 3.7 and 3.8 do not tell whether the types count; the default is that they do not.
        size, typed = obj.cache_info().maxsize, False
    state = {}
    for name, value in vars(obj).items():
        if name in ("__wrapped__", "cache_parameters"):
            continue
        if name in functools.WRAPPER_ASSIGNMENTS and getattr(function, name, None) is value:
            continue
        if vars(function).get(name, _runtime) is not value:
            state[name] = value
    arguments: Tuple[Any, ...] = (function, size, typed) if typed else (function, size)
    return _runtime.l, arguments, state or None


if isinstance(functools.lru_cache(maxsize=1)(len), functools._lru_cache_wrapper):
    dispatch[functools._lru_cache_wrapper] = _reduce_lru_cache


@_reduces(type(functools.cmp_to_key(lambda one, other: 0)))
def _reduce_key_function(obj: Any) -> Reduced:
    """What `functools.cmp_to_key` made; only the garbage collector knows the function inside."""
    found = [held for held in gc.get_referents(obj) if held is not type(obj)]  # the type: 3.9
    if len(found) != 1:
        return NotImplemented  # a key, not the maker of keys
    return functools.cmp_to_key, (found[0],)


# --- of modules that are imported when they are there ---


def _enter_enum() -> None:
    import enum

    if hasattr(enum, "property"):  # 3.11
        dispatch[enum.property] = _reduce_dynamic_attribute


def _enter_logging() -> None:
    import logging

    dispatch[logging.Logger] = lambda obj: (logging.getLogger, (obj.name,))
    dispatch[logging.RootLogger] = lambda obj: (logging.getLogger, ())
    _library.enter_logging(dispatch)


def _enter_dataclasses() -> None:
    from ._dataclasses import enter_types

    enter_types(dispatch)


def _enter_hints() -> None:
    from . import _hints

    _hints.fill(dispatch)


LATER.update(
    dict.fromkeys(["annotationlib", "types", "typing", "typing_extensions"], _enter_hints),
    dataclasses=_enter_dataclasses,
    enum=_enter_enum,
    logging=_enter_logging,
)
dispatch.update(_library.dispatch)
