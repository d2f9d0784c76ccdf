"""Runs tests that came as payloads: the part of `methods.py` that runs in the older Python.

    python methods_child.py OUT PAYLOADS TEXTS COMPILED

PAYLOADS is what methods_dump.py wrote, TEXTS the package `test` that they import, lowered, COMPILED a JSON file: what the tests compile,
lowered, and which tests are left out. A line of JSON goes to OUT for what begins, and for what came of it. Syntax of 3.7.
"""

import builtins
import contextlib
import doctest
import inspect
import json
import os
import pickle
import sys
import types
import unittest
import warnings

import cpython_child
import methods_run
from codepickle import _lowered


class Lowered:
    """Compiles texts in their lowered form, where there is one."""

    def __init__(self, forms):
        self.forms = {(text, mode): form for text, mode, *form in forms}

    def __call__(self, source, filename, mode, flags, optimize, more):
        text, inserted = self.forms.get((source, mode), (None, None))
        if text is None or not methods_run.is_code(flags):
            return None
        if mode == "exec":
            return _lowered.compile_lines(text, filename, inserted, flags)
        return methods_run.compile(text, filename, mode, flags, True, optimize)


class Tests:
    def __init__(self, out, left_out, data):
        self.out = out
        self.left_out = left_out
        self.data = data
        self.module = data["module"]

    def tell(self, *facts):
        json.dump(facts, self.out)
        self.out.write("\n")
        self.out.flush()

    def classes(self):
        for name, entry in self.data["classes"].items():
            # A skipped test tells nothing.
            methods = [method for method in entry["methods"] if self.is_wanted(name + "." + method)]
            if not methods:
                continue
            cls = self.load(name, "class", entry["class"])
            if cls is None:
                cls = self.substitute(name, entry)
            else:
                for method in methods:
                    self.run(name, method, "class", cls)
            for method in methods:
                function = self.load(name + "." + method, "method", entry["methods"][method])
                if function is not None:
                    setattr(cls, method, function)
                    self.run(name, method, "method", cls)

    def is_wanted(self, name):
        return self.data["outcomes"].get(name) == "passed" and name not in self.left_out

    def substitute(self, name, entry):
        """A class for the methods of one that is not to be had as a whole."""
        names = {}
        for attribute, payload in entry["rest"].items():
            with contextlib.suppress(Exception):
                names[attribute] = pickle.loads(payload)
        return type(name, (unittest.TestCase,), names)

    def load(self, name, form, payload):
        if isinstance(payload, str):
            self.tell("ended", name, form, "failed: " + payload)
            return None
        self.tell("begins", name, form)
        try:
            return pickle.loads(payload)
        except BaseException as error:
            self.tell("ended", name, form, "failed: cannot be loaded: " + methods_run.said(error))
            return None

    def run(self, name, method, form, cls):
        """Run a method; what it imports from its own module is what came with it."""
        name += "." + method
        function = getattr(cls, method)
        names = getattr(inspect.unwrap(function), "__globals__", {})
        sys.modules[self.module] = module = types.ModuleType(self.module)
        vars(module).update(names, **{key: pickle.loads(value) for key, value in self.data["imported"].items()})
        self.tell("begins", name, form)
        result = methods_run.Result()
        unittest.TestSuite([cls(method)]).run(result)
        for outcome in result.outcomes.values():
            self.tell("ended", name, form, outcome)

    def doctests(self):
        for name, entry in self.data["doctests"].items():
            names = self.load(name, "doctest", entry["globals"])
            if names is None:
                continue
            self.tell("begins", name, "doctest")
            names["__name__"] = self.module
            examples = [
                doctest.Example(source, want, message, line, 4, options)
                for source, want, message, line, options in entry["examples"]
            ]
            test = doctest.DocTest(examples, names, name, entry["filename"], 0, None)
            Examples(self, optionflags=entry["options"]).run(test, out=lambda text: None)


class Examples(doctest.DocTestRunner):
    """Tells what came of each example, under the number of its line."""

    def __init__(self, tests, **options):
        super().__init__(**options)
        self.tests = tests

    def told(self, test, example, outcome):
        self.tests.tell("ended", "%s:%d" % (test.name, example.lineno + 1), "doctest", outcome)

    def report_start(self, out, test, example):
        self.tests.tell("begins", "%s:%d" % (test.name, example.lineno + 1), "doctest")

    def report_success(self, out, test, example, got):
        self.told(test, example, "passed")

    def report_failure(self, out, test, example, got):
        self.told(test, example, "failed: expected %r, got %r" % (example.want, got))

    def report_unexpected_exception(self, out, test, example, exc_info):
        self.told(test, example, "failed: " + methods_run.said(exc_info[1]))


def main(out, payloads, texts, compiled):
    warnings.simplefilter("ignore")
    cpython_child.install(texts, os.path.join(os.path.dirname(out), "files"))
    with open(payloads, "rb") as file:
        data = pickle.load(file)
    builtins._ck = _lowered
    around = pickle.loads(data["around"]) if data["around"] else [None, None]
    with open(compiled, encoding="utf-8") as file:
        compiled = json.load(file)
    with open(out, "w", encoding="utf-8") as file, contextlib.redirect_stdout(sys.stderr):
        tests = Tests(file, compiled["out"], data)
        with methods_run.watched(Lowered(compiled["forms"])):
            if around[0]:
                around[0]()
            tests.classes()
            tests.doctests()
            if around[1]:
                around[1]()
        tests.tell("done")


if __name__ == "__main__":
    main(*sys.argv[1:])
