"""Dumps the tests of a module of CPython, each method by itself: the part of `methods.py` that runs in the newest Python.

    python methods_dump.py OUT MODULE

What is written is a pickle of bytes and strings: what became of each test here, its class as a payload, its function as a
payload, the examples of doctests, and the texts that the tests had compiled.
"""

import contextlib
import doctest
import importlib
import inspect
import pickle
import re
import signal
import sys
import unittest
import warnings

import codepickle
import methods_run

# As in cpython_child.py: what is started in the background of a shell ignores it.
signal.signal(signal.SIGINT, signal.default_int_handler)


def dump(obj):
    """A payload; or the error, as text."""
    try:
        return codepickle.dumps(obj, by_source=True)
    except Exception as error:
        return "cannot be dumped: %s: %s" % (type(error).__name__, error)


def cases(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from cases(test)
        else:
            yield test


def rest(cls):
    """What a class has beside its tests, each by itself: for the methods, where the class as a whole cannot be loaded."""
    found = {}
    for base in reversed(cls.__mro__):
        if base.__module__ == cls.__module__:
            for name, value in vars(base).items():
                if not name.startswith(("test", "__")):
                    found[name] = dump(value)
    return found


def doctest_of(case, module):
    """A doctest as plain data; the globals that its examples mention, as a payload."""
    test = case._dt_test
    text = "\n".join(example.source for example in test.examples)
    mentioned = {name: vars(module)[name] for name in re.findall(r"\w+", text) if name in vars(module)}
    examples = [(e.source, e.want, e.exc_msg, e.lineno, e.options) for e in test.examples]
    return {
        "examples": examples,
        "globals": dump(mentioned),
        "options": case._dt_optionflags,
        "filename": test.filename,
    }


class Compiled:
    """Notes the texts that are compiled while the tests run, unless they are refused: they are lowered, too."""

    def __init__(self):
        self.texts = set()

    def __call__(self, source, filename, mode, flags, optimize, more):
        code = methods_run.compile(source, filename, mode, flags, True, optimize, **more)
        if methods_run.is_code(flags):
            self.texts.add((source, mode))
        return code


def main(out, name):
    warnings.simplefilter("ignore")
    module = importlib.import_module("test." + name)
    codepickle.register_pickle_by_value(module)
    classes = {}
    doctests = {}
    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    for case in cases(suite):
        if isinstance(case, doctest.DocTestCase):
            short = case._dt_test.name.rpartition("test.%s." % name)[2]
            if case._dt_test.examples:
                doctests[short] = doctest_of(case, module)
            continue
        cls = type(case)
        short = cls.__qualname__
        if short not in classes:
            classes[short] = {"class": dump(cls), "rest": rest(cls), "methods": {}}
        function = getattr(cls, case._testMethodName)
        classes[short]["methods"][case._testMethodName] = dump(function)
    # What the texts of tests import from their module.
    mentioned = re.findall(r"from %s import (\w+)" % re.escape(module.__name__), inspect.getsource(module))
    imported = {name: dump(vars(module)[name]) for name in mentioned if name in vars(module)}
    around = [vars(module).get(hook) for hook in ("setUpModule", "tearDownModule")]
    compiled = Compiled()
    with methods_run.watched(compiled), contextlib.redirect_stdout(sys.stderr):
        result = methods_run.Result()
        suite.run(result)
    data = {
        "module": module.__name__,
        "imported": imported,
        "classes": classes,
        "doctests": doctests,
        "around": dump(around) if any(around) else None,
        "outcomes": result.outcomes,
        "texts": sorted(compiled.texts),
    }
    with open(out, "wb") as file:
        pickle.dump(data, file, 4)


if __name__ == "__main__":
    main(*sys.argv[1:])
