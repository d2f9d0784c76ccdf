"""Callables that carry their own source (see `codepickle.portable`). This file travels with each of them.

It stands alone: standard library only, Python 3.7 and later. `Group`, the keys of its `parts`, and `inner` are part of
the wire format (docs/wire-format.md).
"""

import functools
import pickle
import sys
import types
from _thread import RLock, _local

#: What makes a group again, with builtins alone: the module that is there, or that `boot` puts there.
REBUILD = "(__import__('sys').modules.get(name) or exec(boot) or __import__('sys').modules[name]).Group(parts)"
MEMBER = "group[index]"

_here = _local()  # .group: the one that this thread is loading; .loaded: its functions so far, by index
_loading = set()  # all groups that are being loaded
_boot_lock = RLock()

#: Attributes of functions that are asked for by these names. What else begins with two underscores is a protocol that
#: somebody probes for, which is no reason to load anything.
_OF_FUNCTIONS = frozenset(["__annotations__", "__annotate__", "__type_params__", "__wrapped__"])


def _reset_after_fork():
    # The threads that held these locks are not in this process.
    global _boot_lock
    _boot_lock = RLock()
    for group in list(_loading):
        group._lock = RLock()
    _loading.clear()


if hasattr(__import__("os"), "register_at_fork"):
    __import__("os").register_at_fork(after_in_child=_reset_after_fork)


def _python():
    name = {"cpython": "CPython", "pypy": "PyPy"}.get(sys.implementation.name, sys.implementation.name)
    return "%s %d.%d" % ((name,) + sys.version_info[:2])


class Group:
    """The portable functions of one payload, which is loaded at the first call of one of them.

    `parts` is what it was made of and what it is pickled as, a dict:

    - ``payload``: the pickle; it needs the runtime, and this module;
    - ``names``: for each function its name, qualified name, module, docstring, and whether it is a coroutine function;
    - ``producer``: the Python that wrote it;
    - ``heads``: for each module that the payload may need its name, and the arguments of `exec` that make it;
    - ``boot``, ``source``: the text that makes this module of its compressed text.
    """

    def __init__(self, parts):
        self._parts = parts
        self._functions = None
        self._lock = RLock()
        self._members = tuple([Portable(None, self, index) for index in range(len(parts["names"]))])

    def __getitem__(self, index):
        return self._members[index]

    def __reduce__(self):
        space = {"name": "codepickle._portable", "boot": self._parts["boot"], "parts": self._parts}
        return eval, (REBUILD, space)

    def functions(self):
        """What the members call, loaded now if need be."""
        if self._functions is None:
            with self._lock:
                # Another thread may have been first.
                if self._functions is None:
                    self._functions = self._load()
        return self._functions

    def _load(self):
        names = [name[0] for name in self._parts["names"]]
        if self in _loading:
            raise pickle.UnpicklingError("portable function %r is called while it is being loaded" % names[0])
        before = _here.__dict__.copy()
        _here.group, _here.loaded = self, {}
        _loading.add(self)
        try:
            with _boot_lock:
                # An installed Codepickle imports what it needs; a stand-in for it has no file.
                if not hasattr(sys.modules["codepickle"], "__file__"):
                    for module, text, space in self._parts["heads"]:
                        if module not in sys.modules:
                            exec(text, dict(space))
            pickle.loads(self._parts["payload"])
            return [_here.loaded[index] for index in range(len(names))]
        except Exception as error:
            raise self._explained(error, names) from error
        finally:
            _loading.discard(self)
            _here.__dict__.clear()
            _here.__dict__.update(before)

    def _explained(self, error, names):
        runtime = sys.modules.get("codepickle._runtime")
        if runtime is None or isinstance(error, runtime.LoadError):
            return error
        text = "portable function %s, pickled by %s, cannot be loaded by %s: %s: %s" % (
            " and ".join(map(repr, names[:3])),
            self._parts["producer"],
            _python(),
            type(error).__name__,
            error,
        )
        if isinstance(error, ImportError):
            explained = runtime.MissingModuleError(
                text + ". Install the module here, or have it travel: codepickle.register_pickle_by_value(module) there"
            )
            explained.name = error.name
            return explained
        return runtime.LoadError(text)


def inner(index):
    """A member of the group that is being loaded, as its own payload refers to it."""
    if not hasattr(_here, "group"):
        raise pickle.UnpicklingError("this is a part of the pickle of a portable function, not a pickle")
    return _here.group[index]


class Portable:
    """What `codepickle.portable` returns: a callable that is pickled with its source, by any pickler."""

    __slots__ = ("__dict__", "__weakref__", "_function", "_group", "_index", "_together")

    def __init__(self, function, group=None, index=0):
        self._function = function
        self._group = group
        self._index = index
        self._together = None
        if group is None:
            _wrap(self, function)
        else:
            self.__name__, self.__qualname__, self.__module__, self.__doc__, _ = group._parts["names"][index]

    def __call__(*args, **kwargs):
        # The function may have a parameter called `self`.
        self = args[0]
        function = self._function
        if function is None:
            function = self._loaded()
        return function(*args[1:], **kwargs)

    def _loaded(self):
        if self._function is None:
            function = self._group.functions()[self._index]
            _wrap(self, function)
            self._function = function
        return self._function

    def __reduce__(self):
        group = self._group
        if group is None:
            from codepickle._portable_groups import group_of

            group = group_of(self)
        return eval, (MEMBER, {"group": group, "index": self._index})

    def __setstate__(self, function):
        _here.loaded[self._index] = function

    def __get__(self, obj, owner=None):
        return self if obj is None else types.MethodType(self, obj)

    def __getattr__(self, name):
        if name in ("_is_coroutine", "_is_coroutine_marker"):
            return self._coroutine_mark(name)
        if name.startswith("__") and name not in _OF_FUNCTIONS:
            raise AttributeError("%r has no attribute %r" % (self, name))
        function = self._loaded()
        return function if name == "__wrapped__" else getattr(function, name)

    def _coroutine_mark(self, name):
        # How `asyncio` (to 3.13) and `inspect` (from 3.12 on) tell that calling something returns a coroutine.
        if self._is_coroutine_function():
            module = sys.modules.get("asyncio.coroutines" if name == "_is_coroutine" else "inspect")
            mark = getattr(module, "_is_coroutine" if name == "_is_coroutine" else "_is_coroutine_mark", None)
            if mark is not None:
                return mark
        raise AttributeError("%r has no attribute %r" % (self, name))

    def _is_coroutine_function(self):
        if self._group is not None:
            return self._group._parts["names"][self._index][4]
        return is_coroutine_function(self._function)

    def __eq__(self, other):
        if not isinstance(other, Portable):
            return NotImplemented
        if self._group is None or other._group is None:
            return self is other
        mine, others = self._group._parts, other._group._parts
        return self._index == other._index and mine["payload"] == others["payload"]

    def __hash__(self):
        if self._group is None:
            return object.__hash__(self)
        return hash((self._group._parts["payload"], self._index))

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __repr__(self):
        return "<portable function %s>" % self.__qualname__


def is_coroutine_function(function):
    """Whether calling it returns a coroutine, as far as its code says so."""
    return bool(getattr(getattr(function, "__code__", None), "co_flags", 0) & 0x80)


def _wrap(portable, function):
    # Other attributes are looked up there when they are asked for.
    functools.update_wrapper(portable, function, updated=())
    for name in ("__name__", "__qualname__"):
        if name not in portable.__dict__:  # a partial, an instance with `__call__`
            setattr(portable, name, type(function).__name__)
