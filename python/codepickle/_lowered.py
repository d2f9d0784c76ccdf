"""What lowered text calls, under the name that `Lowered.helper` gives: the runtime's part for new syntax.

A file of its own, so that payloads without lowered text neither carry nor import it. Standard library only, in the
syntax of 3.7.
"""

import ast
import builtins
import sys
from bisect import bisect_left
from collections import deque
from collections.abc import Mapping, Sequence

#: The builtins whose one positional subpattern is the subject itself; subclasses inherit that.
SELF = (bool, bytearray, bytes, dict, float, frozenset, int, list, set, str, tuple)
_missing = object()


def compile_lines(text, filename, inserted, flags=0):
    """Compile lowered text, a module, with the line numbers of the original.

    `inserted` are the numbers of the lines that the original does not have; each counts as the line before it.
    """
    if not inserted:
        return compile(text, filename, "exec", flags, True)
    tree = compile(text, filename, "exec", flags | ast.PyCF_ONLY_AST, True)
    for node in ast.walk(tree):
        for name in ("lineno", "end_lineno"):
            line = getattr(node, name, None)
            if line is not None:
                setattr(node, name, max(1, line - bisect_left(inserted, line + 1)))
    return compile(tree, filename, "exec", flags, True)


def same(value):
    """The value: what makes any expression a decorator."""
    return value


def only(values):
    """The only one of the values, as `*args: *values` takes it."""
    [value] = values
    return value


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


def format(value, conversion=None, spec=""):
    """What a pair of braces makes of a value."""
    if conversion:
        value = {"r": repr, "s": str, "a": ascii}[conversion](value)
    return builtins.format(value, spec)


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
