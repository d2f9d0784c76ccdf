"""What lowered text calls, under the name that `Lowered.helper` gives: the runtime's part for new syntax.

A file of its own, so that payloads without lowered text neither carry nor import it. Standard library only, in the
syntax of 3.7.
"""

import ast
import builtins
import contextlib
import sys
from bisect import bisect_left
from collections import deque
from collections.abc import Mapping, Sequence

#: The builtins whose one positional subpattern is the subject itself; subclasses inherit that.
SELF = (bool, bytearray, bytes, dict, float, frozenset, int, list, set, str, tuple)
_missing = object()
slice = builtins.slice


def compile_lines(text, filename, inserted, flags=0, params=()):
    """Compile lowered text, a module, with the line numbers of the original.

    `inserted` are the numbers of the lines that the original does not have; each counts as the line before it.
    `params` are names that the text's one statement finds in a scope around it, as from 3.12 on its type parameters.
    Its qualified name stays.
    """
    if not inserted and not params:
        return compile(text, filename, "exec", flags, True)
    tree = compile(text, filename, "exec", flags | ast.PyCF_ONLY_AST, True)
    for node in ast.walk(tree):
        for name in ("lineno", "end_lineno"):
            line = getattr(node, name, None)
            if line is not None:
                setattr(node, name, max(1, line - bisect_left(inserted, line + 1)))
        # What began on one line and ended on the next may now end on its first, and there to the left of its beginning.
        end = getattr(node, "end_col_offset", None)
        if end is not None and node.end_lineno == node.lineno:
            node.end_col_offset = max(end, node.col_offset)
    if params:
        inner = tree.body[-1]
        while isinstance(inner, ast.If):
            inner = inner.body[0]
        (outer,) = ast.parse("def _(%s): global _" % ", ".join(params)).body
        outer.name = "<generic parameters of %s>" % inner.name
        outer.body[0].names = [inner.name]
        outer.body += tree.body
        tree.body = [outer]
    return compile(tree, filename, "exec", flags, True)


def same(value):
    """The value: what makes any expression a decorator."""
    return value


def only(values):
    """The only one of the values, as `*args: *values` and `[*Ts = *values]` take it."""
    [value] = values
    return value


def starred(name):
    """A decorator that gives an annotation that is kept as text the star that it had."""

    def decorate(function):
        function.__annotations__[name] = "*" + function.__annotations__[name]
        return function

    return decorate


def renamed(**names):
    """A decorator that gives annotations the names of parameters that are called otherwise, in 3.8's order."""

    def decorate(function):
        old = function.__annotations__
        parameters = function.__code__.co_varnames[: function.__code__.co_argcount]
        new = {name: old[name] for name in parameters if name in old and name not in names}
        new.update((names[name], old[name]) for name in parameters if name in names)
        new.update((name, value) for name, value in old.items() if name not in names and name not in new)
        function.__annotations__ = new
        return function

    return decorate


async def now(value):
    """The value, for an `await` that makes a comprehension asynchronous."""
    return value


def let(name, value):
    """Assign to the variable that ``lambda: variable`` reads; the value."""
    if name.__closure__:
        name.__closure__[0].cell_contents = value
    else:
        name.__globals__[name.__code__.co_names[0]] = value
    return value


def drop(name):
    """Leave the variable that ``lambda: variable`` reads without a value."""
    del name.__closure__[0].cell_contents


def put(name, value):
    """Assign to a variable of the class body that calls; the value."""
    code = name.__code__
    sys._getframe(1).f_locals[(code.co_names or code.co_freevars)[0]] = value
    return value


def put_global(name, value):
    """Assign to the global variable that ``lambda: variable`` is called by, in a class that declares it; the value."""
    code = name.__code__
    name.__globals__[(code.co_names or code.co_freevars)[0]] = value
    return value


def format(value, conversion=None, spec=""):
    """What a pair of braces makes of a value."""
    if conversion:
        value = {"r": repr, "s": str, "a": ascii}[conversion](value)
    return builtins.format(value, spec)


class box:
    """What an element of a comprehension unpacks, where it cannot stand in a clause."""

    def put(self, value):
        self.value = value
        return True


def items(mapping):
    """What `**mapping` adds to a dict."""
    if isinstance(mapping, dict) and type(mapping).__iter__ is dict.__iter__:
        return dict.items(mapping)
    if not hasattr(mapping, "keys"):
        raise TypeError("%r object is not a mapping" % _name(type(mapping)))
    return ((key, mapping[key]) for key in mapping.keys())  # noqa: SIM118 - as CPython does


def join(*parts):
    """The pieces of an f-string."""
    return "".join(parts)


def _is(cls, wanted, other):
    """Whether its instances match sequence patterns, or mapping patterns; never both: the first base counts."""
    for base in cls.__mro__:
        for kind in (wanted, other):
            if base is kind or base in _builtin[kind] or _is_registered(base, kind):
                return kind is wanted
    return False


_builtin = {Sequence: {list, tuple, range, memoryview, deque}, Mapping: {dict, type(type.__dict__)}}


def _is_registered(cls, kind):
    if cls is object or cls in (str, bytes, bytearray) or kind in cls.__mro__:
        return False
    if cls.__module__ == "array" and cls.__name__ == "array":
        return kind is Sequence
    return issubclass(cls, kind) and not any(issubclass(base, kind) for base in cls.__mro__[1:])


def _name(cls):
    """A type as C code names it."""
    if cls.__flags__ & 0x200 or cls.__module__ == "builtins":
        return cls.__name__
    return cls.__module__ + "." + cls.__qualname__


class match(dict):
    """The subject of a match statement, under 0, and the values that patterns took out of it, under their numbers."""

    def __init__(self, subject):
        self[0] = subject

    def done(self, name):
        """Remove the variable that ``lambda: variable`` reads, this object's."""
        self.clear()
        if name.__closure__:
            del name.__closure__[0].cell_contents
        else:
            del sys._getframe(1).f_locals[name.__code__.co_names[0]]
        return True

    def put(self, place, value):
        self[place] = self[value]
        return True

    def seq(self, value, length=None, at_least=False):
        """Whether it is a sequence of the length, if any is given."""
        value = self[value]
        if not _is(type(value), Sequence, Mapping):
            return False
        if length is None:
            return True
        return len(value) >= length if at_least else len(value) == length

    def item(self, value, index, place):
        value = self[value]
        self[place] = value[index if index >= 0 else len(value) + index]
        return True

    def unpack(self, value, size, star, place):
        value = self[value]
        values = _unpack(value, size) if star is None else _unpack(value, size - 1, star)
        for index, item in enumerate(values):
            self[place + index] = item
        return True

    def mapping(self, value, size):
        value = self[value]
        return _is(type(value), Mapping, Sequence) and (size == 0 or len(value) >= size)

    def keys(self, value, place, keys):
        """The values of the keys."""
        self[place] = keys
        seen = set()
        get = None
        values = []
        for key in keys:
            if key in seen:
                raise ValueError("mapping pattern checks duplicate key (%r)" % (key,))
            seen.add(key)
            if get is None:
                get = self[value].get
            item = get(key, _missing)
            if item is _missing:
                return False
            values.append(item)
        for index, item in enumerate(values, place + 1):
            self[index] = item
        return True

    def rest(self, value, keys, place):
        rest = {}
        rest.update(self[value])
        for key in self[keys]:
            del rest[key]
        self[place] = rest
        return True

    def cls(self, value, cls, positional, place, *names):
        """The attributes of an instance of the class."""
        value = self[value]
        if not isinstance(cls, type):
            raise TypeError("called match pattern must be a class")
        if not isinstance(value, cls):
            return False
        values = []
        seen = set()
        if positional:
            try:
                args = _match_args(cls)
            except AttributeError:
                args = ()
                base = cls
                while base is not None and base not in SELF:
                    base = base.__base__
                is_self = base is not None
            else:
                is_self = False
                if type(args) is not tuple:
                    raise TypeError("%s.__match_args__ must be a tuple (got %s)" % (_name(cls), _name(type(args))))
            allowed = 1 if is_self else len(args)
            if allowed < positional:
                raise TypeError(
                    "%s() accepts %d positional sub-pattern%s (%d given)"
                    % (_name(cls), allowed, "" if allowed == 1 else "s", positional)
                )
            if is_self:
                values.append(value)
            else:
                for name in args[:positional]:
                    if type(name) is not str:
                        raise TypeError("__match_args__ elements must be strings (got %s)" % _name(type(name)))
                    if not _attribute(cls, value, name, seen, values):
                        return False
        for name in names:
            if not _attribute(cls, value, name, seen, values):
                return False
        for index, item in enumerate(values, place):
            self[index] = item
        return True


def _match_args(cls):
    """The attribute, or what 3.10 gives to dataclasses and namedtuples."""
    for base in cls.__mro__:
        names = vars(base)
        if "__match_args__" in names:
            break
        if "__dataclass_fields__" in names:
            fields = names["__dataclass_fields__"].values()
            return tuple(f.name for f in fields if f._field_type.name == "_FIELD" and f.init)
        if "_fields" in names and tuple in base.__bases__:
            return tuple(base._fields)
    return cls.__match_args__


def _attribute(cls, value, name, seen, values):
    if name in seen:
        raise TypeError("%s() got multiple sub-patterns for attribute %r" % (_name(cls), name))
    seen.add(name)
    try:
        values.append(getattr(value, name))
    except AttributeError:
        return False
    return True


def _unpack(value, size, star=None):
    """What the assignment to so many targets takes, and its errors."""
    if type(value) in (list, tuple) and star is None and len(value) == size:
        return value
    try:
        iterator = iter(value)
    except TypeError:
        if hasattr(type(value), "__iter__") or hasattr(type(value), "__getitem__"):
            raise
        raise TypeError("cannot unpack non-iterable %s object" % _name(type(value))) from None
    values = []
    for item in iterator:
        values.append(item)
        if star is None and len(values) > size:
            raise ValueError("too many values to unpack (expected %d)" % size)
    if len(values) < size:
        raise ValueError(
            "not enough values to unpack (expected %s%d, got %d)"
            % ("" if star is None else "at least ", size, len(values))
        )
    if star is None:
        return values
    end = len(values) - (size - star)
    return [*values[:star], values[star:end], *values[end:]]


class loop:
    """Enters a loop, once, and again after `continue` in a finally clause."""

    def __init__(self):
        self.is_entered = False
        self.is_ended = False
        #: What of the iterable has not been iterated over.
        self.rest = None

    def __iter__(self):
        return self

    def __next__(self):
        if self.is_entered:
            raise StopIteration
        self.is_entered = True
        return self

    def again(self):
        self.is_entered = False

    def end(self):
        self.is_ended = True

    def over(self, iterable):
        self.rest = _Rest(iter(iterable))
        return self.rest

    def over_async(self, iterable):
        kind = type(iterable)
        if not hasattr(kind, "__aiter__"):
            raise TypeError("'async for' requires an object with __aiter__ method, got %.100s" % kind.__name__)
        self.rest = _Rest(kind.__aiter__(iterable))
        return self.rest

    def done(self, name):
        """Remove the variable that ``lambda: variable`` reads, this object's; whether the loop ended by itself."""
        if name.__closure__:
            del name.__closure__[0].cell_contents
        else:
            del sys._getframe(1).f_locals[name.__code__.co_names[0]]
        return self.is_ended


class _Rest:
    """An iterator, which itself need not be iterable."""

    def __init__(self, iterator):
        self.iterator = iterator

    def __iter__(self):
        return self.iterator

    def __aiter__(self):
        return self.iterator


class except_star:
    """The clauses ``except*`` of a statement at work on an exception."""

    def __init__(self, error):
        self.error = error
        self.rest = error
        self.raised = []
        self.part = _Nothing

    def clause(self, types):
        """Takes what a clause is for out of the rest."""
        try:
            _check_types(types)
            self.part, self.rest = self._split(types)
        except BaseException as error:
            # The last part is still under way for CPython.
            if self.part is not _Nothing and error.__context__ is self.error:
                error.__context__ = self.part
            raise
        self.is_caught = False
        self._keep(self.part)
        return self

    def _split(self, types):
        rest = self.rest
        if rest is None:
            return _Nothing, None
        is_group = _is_group(rest)
        if _matches(type(rest), types):
            return rest if is_group else _group_class()("", [rest]), None
        if not is_group:
            return _Nothing, rest
        pair = rest.split(types)
        kind = type(rest).__name__
        if type(pair) is not tuple:
            raise TypeError("%.200s.split must return a tuple, not %.200s" % (kind, type(pair).__name__))
        if len(pair) < 2:
            raise TypeError("%.200s.split must return a 2-tuple, got tuple of size %d" % (kind, len(pair)))
        return _Nothing if pair[0] is None else pair[0], pair[1]

    def _keep(self, error):
        """Notes what `raise` changes in an exception."""
        if error is not _Nothing:
            self.context = error.__context__
            self.trace = error.__traceback__

    @property
    def caught(self):
        """The class of the part, which has just been raised and is as it was before; or nothing."""
        kind, error, self.raised_trace = sys.exc_info()
        if error is not self.part:
            return ()
        self.is_caught = True
        error.__context__ = self.context
        if _is_group(self.error):
            error.__traceback__ = self.trace
        else:
            # A group around an exception is raised here, and not before.
            self.trace = self.raised_trace
        return kind

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None or kind is _Nothing:
            return True
        if self.is_caught:
            # Up to 3.10 a `raise` without an operand brings back the traceback with which the part was caught; in PyPy
            # any `raise` does.
            if self.part.__traceback__ is self.raised_trace:
                self.part.__traceback__ = self.trace
            self.raised.append(error)
            return True
        if error is self.part:
            error.__context__ = self.context
            error.__traceback__ = self.trace
        return False

    @property
    def passes(self):
        """Whether the exception goes on, as it is; otherwise what does is `left`."""
        self.is_caught = False
        self.part = self._left()
        self._keep(self.part)
        return self.part is self.error

    @property
    def left(self):
        return self.part

    def _left(self):
        errors = [*self.raised, self.rest]
        if not _is_group(self.error):
            return _Nothing if errors[0] is None else errors[0]
        raised = []
        leaves = set()
        for error in errors:
            if error is not None:
                if _is_same(error, self.error):
                    _collect(error, leaves)
                else:
                    raised.append(error)
        again = _project(self.error, leaves)
        if again is not None:
            raised.append(again)
        if not raised:
            return _Nothing
        return raised[0] if len(raised) == 1 else _group_class()("", raised)


class _Nothing(BaseException):
    """Raised where a clause has nothing to do."""


def _group_class():
    group = getattr(builtins, "BaseExceptionGroup", None)
    if group is None:
        with contextlib.suppress(ImportError):
            from exceptiongroup import BaseExceptionGroup as group
    if group is None:
        # Not within `except`: the exception that was to be caught stays the context, and is shown.
        message = "except* needs exception groups, which Python %d.%d does not have; pip install exceptiongroup"
        raise ModuleNotFoundError(message % sys.version_info[:2], name="exceptiongroup")
    return group


def _is_group_class(cls):
    """Whether it is a class of groups; if the package is not imported, there is none."""
    group = getattr(builtins, "BaseExceptionGroup", None)
    group = group or getattr(sys.modules.get("exceptiongroup"), "BaseExceptionGroup", None)
    return group is not None and issubclass(cls, group)


def _is_group(error):
    return _is_group_class(type(error))


def _check_types(types):
    types = types if isinstance(types, tuple) else (types,)
    for cls in types:
        if not (isinstance(cls, type) and issubclass(cls, BaseException)):
            raise TypeError("catching classes that do not inherit from BaseException is not allowed")
    if any(map(_is_group_class, types)):
        raise TypeError("catching ExceptionGroup with except* is not allowed. Use except instead.")


def _matches(cls, types):
    types = types if isinstance(types, tuple) else (types,)
    return any(base is wanted for base in cls.__mro__ for wanted in types)


def _is_same(error, group):
    """Whether it is a part of the group that was not raised anew."""
    return (
        _is_group(error)
        and error.__traceback__ is group.__traceback__
        and error.__cause__ is group.__cause__
        and error.__context__ is group.__context__
    )


def _collect(error, leaves):
    if _is_group(error):
        for inner in error.exceptions:
            _collect(inner, leaves)
    else:
        leaves.add(id(error))


def _project(error, leaves):
    """The group, of which only these leaves are left; None without any."""
    if not _is_group(error):
        return error if id(error) in leaves else None
    parts = [part for part in (_project(inner, leaves) for inner in error.exceptions) if part is not None]
    if not parts:
        return None
    group = error.derive(parts)
    if not _is_group(group):
        raise TypeError("derive must return an instance of BaseExceptionGroup")
    group.__traceback__ = error.__traceback__
    group.__context__ = error.__context__
    group.__cause__ = error.__cause__
    notes = getattr(error, "__notes__", None)
    if isinstance(notes, Sequence):
        group.__notes__ = list(notes)
    return group


def __getattr__(name):
    """What makes type parameters and aliases: a file of its own, since it imports `typing`."""
    if name in _TYPES:
        from . import _lowered_types

        return getattr(_lowered_types, name)
    raise AttributeError("module %r has no attribute %r" % (__name__, name))


_TYPES = frozenset(
    ["alias", "base", "bind", "generic", "names", "own", "paramspec", "type_params", "typevar", "typevartuple"]
)
