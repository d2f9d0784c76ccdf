"""The types that `pickle` refuses and `cloudpickle` takes.

`dispatch` maps a type to its reducer; the native pickler asks it after the user's own tables. `special_functions` maps
code objects of the standard library to the reducers of the functions that they are the code of.
"""

from __future__ import annotations

import _collections_abc
import abc
import contextlib
import dataclasses
import enum
import functools
import gc
import io
import logging
import operator
import sys
import types
from collections import OrderedDict
from typing import Any, Callable, Dict, Optional, Tuple

from . import _annotations, _generated, _hints, _library, _runtime
from ._dataclasses import field_options
from ._errors import refusal
from ._reference import find_by_name, is_registered
from ._wrappers import portable_attributes

Reduced = Any
Reducer = Callable[[Any], Reduced]

dispatch: Dict[type, Reducer] = {}
special_functions: Dict[types.CodeType, Reducer] = {}


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


if hasattr(enum, "property"):  # 3.11
    dispatch[enum.property] = _reduce_dynamic_attribute


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


# --- files and loggers ---


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


@_reduces(logging.Logger)
def _reduce_logger(obj: Any) -> Reduced:
    return logging.getLogger, (obj.name,)


@_reduces(logging.RootLogger)
def _reduce_root_logger(obj: Any) -> Reduced:
    return logging.getLogger, ()


# --- functions that the standard library wraps ---


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


@_reduces(type(functools.cmp_to_key(_sample)))
def _reduce_key_function(obj: Any) -> Reduced:
    """What `functools.cmp_to_key` made; only the garbage collector knows the function inside."""
    found = [held for held in gc.get_referents(obj) if held is not type(obj)]  # the type: 3.9
    if len(found) != 1:
        return NotImplemented  # a key, not the maker of keys
    return functools.cmp_to_key, (found[0],)


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


# --- sentinels of dataclasses ---


def _register_dataclass_sentinels() -> None:
    names: Dict[int, str] = {}
    for name in ("MISSING", "KW_ONLY", "_FIELD", "_FIELD_CLASSVAR", "_FIELD_INITVAR", "_HAS_DEFAULT_FACTORY"):
        value = getattr(dataclasses, name, None)  # KW_ONLY: 3.10
        if value is None:
            continue
        names[id(value)] = name

        def reduce(obj: Any) -> Reduced:
            found = names.get(id(obj))
            return NotImplemented if found is None else (_runtime.g, ("dataclasses", found))

        dispatch[type(value)] = reduce


_register_dataclass_sentinels()


@_reduces(dataclasses.Field)
def _reduce_field(obj: Any) -> Reduced:
    """A field that something else than its class holds; its slots are of one version."""
    return _runtime.f1, (obj.name, field_options(None, obj)), (None, {"type": obj.type})


@_reduces(dataclasses.InitVar)
def _reduce_init_var(obj: Any) -> Reduced:
    # By subscription: it has slots on 3.8 and a __dict__ later, and 3.7 has no instances.
    return operator.getitem, (dataclasses.InitVar, obj.type)


dispatch.update(_library.dispatch)
_hints.fill(dispatch)
if isinstance(_hints.SAMPLE_NEW_TYPE, types.FunctionType):  # before 3.10
    special_functions[_code_of(_hints.SAMPLE_NEW_TYPE)] = _hints.reduce_new_type
