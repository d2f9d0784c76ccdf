"""Runs tests of CPython, lowered, in the Python that they were lowered for: the part of `cpython.py` that runs there.

    python cpython_child.py OUT TEXTS MODULE...

TEXTS is a JSON file: {path: [text, inserted lines]}, the package `test` of a newer Python. It takes the place of this one's, because
tests import what is new in `test.support`. Syntax of 3.7.
"""

import __future__

import asyncio
import builtins
import contextlib
import functools
import importlib.abc
import importlib.util
import json
import os
import signal
import sys
import types
import unittest
import warnings

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.environ.get("CODEPICKLE_PATH") or os.path.join(ROOT, "python"))

from codepickle import _lowered  # noqa: E402

# What is started in the background of a shell ignores it, and tests raise it.
signal.signal(signal.SIGINT, signal.default_int_handler)


class Lowered(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the package `test` from a folder of lowered files."""

    def __init__(self, texts, folder):
        self.texts = texts
        self.folder = folder

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] != "test":
            return None
        base = name.replace(".", "/")
        for tail in ("/__init__.py", ".py"):
            if base + tail in self.texts:
                path = os.path.join(self.folder, base + tail)
                is_package = [os.path.dirname(path)] if tail[0] == "/" else None
                return importlib.util.spec_from_file_location(
                    name, path, loader=self, submodule_search_locations=is_package
                )
        return None

    def exec_module(self, module):
        path = module.__spec__.origin
        text, inserted = self.texts[os.path.relpath(path, self.folder).replace(os.sep, "/")]
        module.__dict__["_ck"] = _lowered
        # What supports the tests has annotations of later libraries, `list[str]`.
        is_support = module.__name__.startswith("test.support")
        flags = __future__.annotations.compiler_flag if is_support else 0
        exec(_lowered.compile_lines(text, path, inserted, flags), module.__dict__)


def run(name):
    """[tests that ran, that were skipped, {test that failed: the last line of its traceback}]"""
    result = unittest.TestResult()
    try:
        module = importlib.import_module("test." + name)
        unittest.defaultTestLoader.loadTestsFromModule(module).run(result)
    except BaseException as error:
        return [0, 0, {"module": "%s: %s" % (type(error).__name__, error)}]
    bad = {}
    for test, trace in result.errors + result.failures:
        bad[short(test)] = trace.strip().splitlines()[-1]
    for test in result.unexpectedSuccesses:
        bad[short(test)] = "unexpected success"
    return [result.testsRun, len(result.skipped), bad]


def short(test):
    """Without the module before it, and without a subtest's values after it."""
    parts = test.id().split()[0].split(".")
    return ".".join(parts[-2:])


#: Methods of test cases that 3.14 has.
ASSERTIONS = {
    "assertHasAttr": lambda self, obj, name, msg=None: self.assertTrue(hasattr(obj, name), msg or name),
    "assertNotHasAttr": lambda self, obj, name, msg=None: self.assertFalse(hasattr(obj, name), msg or name),
    "assertIsSubclass": lambda self, cls, base, msg=None: self.assertTrue(issubclass(cls, base), msg),
    "assertNotIsSubclass": lambda self, cls, base, msg=None: self.assertFalse(issubclass(cls, base), msg),
    "assertStartsWith": lambda self, text, start, msg=None: self.assertTrue(text.startswith(start), msg or text),
    "assertNotStartsWith": lambda self, text, start, msg=None: self.assertFalse(text.startswith(start), msg or text),
    "assertEndsWith": lambda self, text, end, msg=None: self.assertTrue(text.endswith(end), msg or text),
    "assertNotEndsWith": lambda self, text, end, msg=None: self.assertFalse(text.endswith(end), msg or text),
}


def lend():
    """What the tests take from later libraries."""
    if not hasattr(functools, "cache"):
        functools.cache = functools.lru_cache(maxsize=None)
    if not hasattr(sys, "exception"):
        sys.exception = lambda: sys.exc_info()[1]
    if "annotationlib" not in sys.modules and sys.version_info < (3, 14):
        # `test.support` imports it, and takes it for a purpose of its own.
        sys.modules["annotationlib"] = types.ModuleType("annotationlib")
    if not hasattr(sys, "_jit"):
        sys._jit = types.SimpleNamespace(is_available=lambda: False, is_enabled=lambda: False, is_active=lambda: False)
    if not hasattr(asyncio.events, "_set_event_loop_policy"):
        asyncio.events._set_event_loop_policy = asyncio.set_event_loop_policy
    if not hasattr(builtins, "sentinel"):
        builtins.sentinel = lambda name: types.SimpleNamespace(__name__=name)
    for name, method in ASSERTIONS.items():
        if not hasattr(unittest.TestCase, name):
            setattr(unittest.TestCase, name, method)
    if not hasattr(builtins, "ExceptionGroup"):
        with contextlib.suppress(ImportError):
            import exceptiongroup

            builtins.BaseExceptionGroup = exceptiongroup.BaseExceptionGroup
            builtins.ExceptionGroup = exceptiongroup.ExceptionGroup


def install(texts, folder):
    """Make `test` the package in the JSON file, whose files are written below the folder."""
    with open(texts, encoding="utf-8") as file:
        texts = json.load(file)
    for path, (text, _) in texts.items():
        path = os.path.join(folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    for name in [name for name in sys.modules if name.split(".")[0] == "test"]:
        del sys.modules[name]
    lend()
    if sys.implementation.name == "pypy":
        sys.modules["_testcapi"] = None  # Compiled when it is imported, with what is not there.
    sys.meta_path.insert(0, Lowered(texts, folder))


def main(out, texts, *names):
    warnings.simplefilter("ignore")
    install(texts, os.path.join(os.path.dirname(out), "files"))
    answers = {}
    with contextlib.redirect_stdout(sys.stderr):
        for name in names:
            answers[name] = run(name)
    with open(out, "w", encoding="utf-8") as file:
        json.dump(answers, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
