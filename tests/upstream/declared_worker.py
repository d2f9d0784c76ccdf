"""The two ends of declared_classes.py, each in a process of its own.

    declared_worker.py dump FOLDER     runs CPython's tests, dumps every class that they declare, describes it
    declared_worker.py load FOLDER     loads what is there, with pickle alone, and describes it

Prints one JSON line for each class: its name, and its description or what was raised.
"""

import builtins
import contextlib
import faulthandler
import io
import json
import os
import pickle
import sys
import traceback
import unittest
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from declared_describe import describe

MODULES = ("test.test_dataclasses", "test.test_enum", "test.test_typing")


def collect():
    """Every class that the tests make, by a name that is the same in each run."""
    import dataclasses
    import enum
    import importlib

    found = []
    dataclass_made = []

    def note(cls):
        if isinstance(cls, type) and not any(cls is other for other in found):
            found.append(cls)
        return cls

    def noting(function):
        def wrapper(*args, **kwargs):
            return note(function(*args, **kwargs))

        return wrapper

    def process_class(cls, *args, **kwargs):
        made = note(make_dataclass(cls, *args, **kwargs))
        dataclass_made.append(made)
        if made is not cls:  # with slots; 3.14 has stripped the class that it was made of
            found[:] = [other for other in found if other is not cls]
        return made

    make_dataclass = dataclasses._process_class
    patches = [
        (builtins, "__build_class__", noting(builtins.__build_class__)),
        (dataclasses, "_process_class", process_class),
    ]
    make_enum = enum.EnumMeta._create_
    patches.append((enum.EnumMeta, "_create_", lambda cls, *args, **kwargs: note(make_enum(cls, *args, **kwargs))))
    old = [(owner, name, getattr(owner, name)) for owner, name, _ in patches]
    for owner, name, value in patches:
        setattr(owner, name, value)
    try:
        modules = [importlib.import_module(name) for name in MODULES]
        suite = unittest.TestSuite()
        for module in modules:
            suite.addTests(unittest.defaultTestLoader.loadTestsFromModule(module))
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            suite.run(unittest.TestResult())
    finally:
        for owner, name, value in old:
            setattr(owner, name, value)
    named = {}
    for cls in found:
        if "__dataclass_fields__" in vars(cls) and not any(cls is made for made in dataclass_made):
            continue  # a test of what the decorator refuses: it left the class half made
        if issubclass(cls, unittest.TestCase) or str(cls.__module__) not in MODULES:
            continue
        if is_declared(cls):
            name = "%s.%s" % (cls.__module__.rpartition("test_")[2], cls.__qualname__.replace(".<locals>", ""))
            number = 1
            while name + ("#%d" % number if number > 1 else "") in named:
                number += 1
            named[name + ("#%d" % number if number > 1 else "")] = cls
    return modules, named


def is_declared(cls):
    import typing

    from declared_describe import _KINDS

    return any(matches(cls) for _, matches, _ in _KINDS) or typing.Generic in cls.__mro__


def dump(folder):
    import codepickle

    modules, classes = collect()
    seen = set()
    for module in modules + [sys.modules[name] for name in sys.modules if name.startswith("test.typinganndata")]:
        codepickle.register_pickle_by_value(module)

    class Pickler(codepickle.Pickler):
        """Methods that call `self.assertEqual` of the test hold the test: it stays here."""

        def reducer_override(self, obj):
            if isinstance(obj, type) and issubclass(obj, unittest.TestCase):
                return "TestCase" if obj is unittest.TestCase else (getattr, (unittest, "TestCase"))
            if isinstance(obj, unittest.TestCase):
                return unittest.TestCase, ("run",)
            return super().reducer_override(obj)

    for number, (name, cls) in enumerate(classes.items()):
        facts = describe(cls)
        again = json.dumps([name.partition("#")[0], facts], sort_keys=True)
        if again in seen:
            continue  # setUp runs before every test
        seen.add(again)
        with open(os.path.join(folder, "%05d.pickle" % number), "wb") as file, telling(name, number) as told:
            told["facts"] = facts
            stream = io.BytesIO()
            Pickler(stream, by_source=True).dump(cls)
            file.write(stream.getvalue())


def load(folder):
    for entry in sorted(os.listdir(folder)):
        if not entry.endswith(".pickle"):
            continue
        with open(os.path.join(folder, entry), "rb") as file:
            data = file.read()
        if data:
            with telling(None, int(entry[:5])) as told:
                told["facts"] = describe(pickle.loads(data))


@contextlib.contextmanager
def telling(name, number):
    told = {"name": name, "number": number}
    print(json.dumps(dict(told, begins=True)), flush=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield told
    except Exception as error:
        told["error"] = "%s: %s" % (type(error).__name__, error)
        told["traceback"] = traceback.format_exc()
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    faulthandler.enable()
    {"dump": dump, "load": load}[sys.argv[1]](sys.argv[2])
