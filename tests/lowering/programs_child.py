"""Runs the programs of a file and writes what each did: the part of `programs.py` that runs in each Python.

    python programs_child.py PROGRAMS OUT

PROGRAMS is a JSON file: [text, inserted lines], ... Syntax of 3.7.
"""

import collections.abc
import json
import sys
import warnings

import child


class Seq(collections.abc.Sequence):
    """A sequence that says what is asked of it."""

    def __init__(self, *items):
        self.items = items

    def __len__(self):
        child.log("len")
        return len(self.items)

    def __bool__(self):
        # How often `a and b and c` asks is another matter from version to version.
        return bool(self.items)

    def __getitem__(self, index):
        child.log(("item", index))
        return self.items[index]

    def __repr__(self):
        return "Seq%r" % (self.items,)


class Map(collections.abc.Mapping):
    """A mapping that says what is asked of it."""

    def __init__(self, items):
        self.items_ = items

    def __len__(self):
        child.log("len")
        return len(self.items_)

    def __bool__(self):
        return bool(self.items_)

    def __iter__(self):
        child.log("iter")
        return iter(self.items_)

    def __getitem__(self, key):
        child.log(("key", key))
        return self.items_[key]

    def get(self, key, default=None):
        child.log(("get", key))
        return self.items_.get(key, default)

    def keys(self):
        child.log("keys")
        return list(self.items_)

    def __repr__(self):
        return "Map(%r)" % (self.items_,)


class Pt:
    """A class with positional patterns, that says which attributes are asked for."""

    __match_args__ = ("x", "y")

    def __init__(self, x, y):
        self.values = {"x": x, "y": y}

    def __getattr__(self, name):
        if name not in ("x", "y"):
            raise AttributeError(name)
        return child.log(("attribute", name)) and self.values[name]

    def __eq__(self, other):
        child.log(("equal", other))
        return isinstance(other, Pt) and self.values == other.values

    __hash__ = None

    def __repr__(self):
        return "Pt(%r, %r)" % (self.values["x"], self.values["y"])


class K:
    """What value patterns name."""

    a = 1
    b = "k"
    c = None


class Manager:
    """A context manager that may take an exception for itself."""

    def __init__(self, value, takes=False):
        self.value = value
        self.takes = takes

    def __enter__(self):
        return child.log(("enter", self.value))[1]

    def __exit__(self, kind, error, trace):
        child.log(("exit", kind and kind.__name__))
        return self.takes

    async def __aenter__(self):
        return self.__enter__()

    async def __aexit__(self, *error):
        return self.__exit__(*error)


class Item:
    """What its subscript is."""

    def __getitem__(self, item):
        return item


class Items:
    """An asynchronous iterable."""

    def __init__(self, *items):
        self.items = list(items)

    def __aiter__(self):
        child.log("aiter")
        return self

    async def __anext__(self):
        if not self.items:
            raise StopAsyncIteration
        return child.log(self.items.pop(0))


async def get(value):
    return child.log(value)


def same(function):
    """A decorator."""
    child.log(("decorates", function.__name__))
    return function


def caught(error):
    """Something of an exception that all versions show alike."""
    name = "NameError" if isinstance(error, NameError) else type(error).__name__
    return name, sorted(caught(inner)[0] for inner in getattr(error, "exceptions", ()))


class Base:
    """A class with a method that others override."""

    def __init_subclass__(cls, **options):
        child.log(("subclass", cls.__name__, options))

    def base(self, value):
        return child.log(("base", value))


def _evaluated(of, name):
    try:
        return getattr(of, name)
    except Exception as error:
        return caught(error)


def params(made):
    """The type parameters, with what is evaluated on demand."""
    found = []
    for param in made.__type_params__:
        parts = [type(param).__name__, param.__name__]
        if parts[0] == "TypeVar":
            parts += [_evaluated(param, "__bound__"), _evaluated(param, "__constraints__")]
        if hasattr(param, "has_default") and param.has_default():
            parts.append(_evaluated(param, "__default__"))
        found.append(parts)
    return found


def alias(made):
    """The same of an alias, with its value."""
    return made.__name__, params(made), _evaluated(made, "__value__")


def _group():
    """The class, if there is one."""
    try:
        return ExceptionGroup
    except NameError:  # 3.10
        try:
            from exceptiongroup import ExceptionGroup as group
        except ImportError:
            group = None
        return group


NAMES = {value.__name__: value for value in (Seq, Map, Pt, K, Manager, Items, Base, get, same, caught, params, alias)}
NAMES["I"] = Item()
NAMES["ExceptionGroup"] = _group()


def main(programs, out):
    warnings.simplefilter("ignore")
    with open(programs, encoding="utf-8") as file:
        programs = json.load(file)
    answers = []
    for text, inserted in programs:
        try:
            answers.append(child.run(text, inserted, **NAMES))
        except BaseException as error:
            answers.append([["failed", "%s: %s" % (type(error).__name__, error)]])
    with open(out, "w", encoding="utf-8") as file:
        json.dump(answers, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
