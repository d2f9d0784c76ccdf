"""What the dumping and the loading part of `methods.py` share: running tests, watching what they compile. Syntax of 3.7."""

import __future__

import ast
import builtins
import contextlib
import inspect
import sys
import unittest

compile = builtins.compile


class Result(unittest.TestResult):
    """What became of each test: `passed`, `skipped: why` or `failed: why`."""

    def __init__(self):
        super().__init__()
        self.outcomes = {}

    def note(self, test, outcome):
        """The first failure of a test counts; a subtest's is one of its test."""
        name = short(test)
        if not self.outcomes.get(name, "passed").startswith("failed"):
            self.outcomes[name] = outcome

    def addSuccess(self, test):
        self.note(test, "passed")

    def addExpectedFailure(self, test, err):
        self.note(test, "passed")

    def addUnexpectedSuccess(self, test):
        self.note(test, "failed: unexpected success")

    def addSkip(self, test, reason):
        self.note(test, "skipped: " + reason)

    def addError(self, test, err):
        self.note(test, "failed: " + said(err[1]))

    addFailure = addError

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.addError(test, err)


def short(test):
    """Class and method; without the module, and without what stands around a class that cannot be set up."""
    name = test.id().split()[0]
    if "(" in test.id():  # setUpClass (test.test_x.Class)
        return test.id().partition("(")[2].rstrip(")").split(".", 2)[-1]
    return name.split(".", 2)[-1] if name.startswith("test.") else name


def said(error):
    """An error in one line."""
    lines = str(error).strip().splitlines() or [""]
    return "%s: %s" % (type(error).__name__, " | ".join(line.strip() for line in lines[:4])[:400])


@contextlib.contextmanager
def watched(compiler):
    """`compile`, `exec` and `eval` call the compiler with each text, its mode, and how to compile it."""

    old = builtins.compile, builtins.exec, builtins.eval

    def compile(source, filename, mode, flags=0, dont_inherit=False, optimize=-1, **more):
        if not dont_inherit:
            flags |= future_flags(sys._getframe(1))
        code = compiler(source, filename, mode, flags, optimize, more) if isinstance(source, str) else None
        return old[0](source, filename, mode, flags, True, optimize, **more) if code is None else code

    def exec(source, globals=None, locals=None, **more):
        return run(old[1], source, "exec", globals, locals, more)

    def eval(source, globals=None, locals=None):
        if isinstance(source, str):
            source = source.lstrip(" \t")
        return run(old[2], source, "eval", globals, locals, {})

    def run(function, source, mode, globals, locals, more):
        frame = sys._getframe(2)
        if isinstance(source, str):
            code = compiler(source, "<string>", mode, future_flags(frame), -1, {})
            source = source if code is None else code
        if globals is None:
            globals = frame.f_globals
            if locals is None:
                locals = frame.f_locals
                if frame.f_code.co_flags & inspect.CO_OPTIMIZED:
                    locals = dict(locals)
        elif locals is None:
            locals = globals
        return function(source, globals, locals, **more)

    builtins.compile, builtins.exec, builtins.eval = compile, exec, eval
    try:
        yield
    finally:
        builtins.compile, builtins.exec, builtins.eval = old


def future_flags(frame):
    """The features that `compile` inherits; cpython_child.py gives some to what supports the tests."""
    if frame.f_globals.get("__name__", "").startswith("test.support"):
        return 0
    mask = 0
    for name in __future__.all_feature_names:
        mask |= getattr(__future__, name).compiler_flag
    return frame.f_code.co_flags & mask & ~inspect.CO_NESTED


def is_code(flags):
    """Whether `compile` is to make code, and no tree."""
    return not flags & ast.PyCF_ONLY_AST
