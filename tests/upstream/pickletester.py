"""CPython's own tests of `_pickle`, run against Codepickle.

    python tests/upstream/pickletester.py          this Python
    python tests/upstream/pickletester.py --all    every CPython that pyenv has, from 3.7 on

The tests are those of the running interpreter (`test.test_pickle`, `test.pickletester`), as they are; `codepickle` must
be importable. The classes are put together as test_pickle.py puts together those of the C implementation.

What differs by design is in `pickletester_expected.txt`, one test a line:

    Class.test: reason
    Class.test [3.7-3.9,3.13]: reason

The run fails where that list is not exact: if another test fails, and also if one of the list passes.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import pickle
import re
import subprocess
import sys
import unittest
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
VERSION = "%d.%d" % sys.version_info[:2]


def test_cases():
    """The test classes of this version of Python."""
    import codepickle
    from test import pickletester, test_pickle

    def like(name, **attributes):
        """The C implementation's class of this name with our pickler; nothing where this version has no such tests."""
        base = getattr(test_pickle, name, None)
        if base is not None:
            new_name = name[1:]
            attributes["__module__"] = __name__
            yield type(new_name, (base,), attributes)

    pickler = codepickle.Pickler
    yield from like("CPicklerTests", pickler=pickler)
    yield from like("CDumpPickle_LoadPickle", pickler=pickler)
    yield from like("CPersPicklerTests", pickler=pickler)
    yield from like("CIdPersPicklerTests", pickler=pickler)
    yield from like("CPicklingErrorTests", pickler=pickler)
    yield from like("CPicklerUnpicklerObjectTests", pickler_class=pickler)
    # The public class has a dispatch table of its own, as cloudpickle's has.
    yield from like("CDispatchTableTests", pickler_class=pickler)
    yield from like("CChainDispatchTableTests", pickler_class=pickler)
    yield from like(
        "CPickleTests",
        dump=staticmethod(codepickle.dump),
        dumps=staticmethod(codepickle.dumps),
        Pickler=pickler,
    )
    custom = getattr(pickletester, "AbstractCustomPicklerClass", None)
    if custom is not None:
        # The other order than CPython's: `_pickle.Pickler` has no `reducer_override`, ours has one to be called by super().
        yield from like("CPicklerHookTests", pickler_class=type("CustomPickler", (custom, pickler), {}))

    class OneShotTests(pickletester.AbstractPickleTests, unittest.TestCase):
        """What `dumps` writes, with its memo pruned and its strings shared."""

        def dumps(self, arg, proto=None, **kwargs):
            return codepickle.dumps(arg, proto, **kwargs)

        def loads(self, data, **kwargs):
            return pickle.loads(data, **kwargs)

        # It needs a Pickler.
        test_framed_write_sizes_with_delayed_writer = None

    yield OneShotTests

    class OneShotFileTests(pickletester.AbstractPickleTests, unittest.TestCase):
        """What `dump` writes, read by the unpickler written in Python."""

        def dumps(self, arg, proto=None, **kwargs):
            file = io.BytesIO()
            codepickle.dump(arg, file, proto, **kwargs)
            return file.getvalue()

        def loads(self, data, **kwargs):
            return pickle._Unpickler(io.BytesIO(data), **kwargs).load()

        test_framed_write_sizes_with_delayed_writer = None

    yield OneShotFileTests
    if hasattr(pickletester, "AbstractPicklingErrorTests"):

        class OneShotErrorTests(pickletester.AbstractPicklingErrorTests, unittest.TestCase):
            def dumps(self, arg, proto=None, **kwargs):
                return codepickle.dumps(arg, proto, **kwargs)

        OneShotErrorTests.pickler = pickler
        yield OneShotErrorTests


class Result(unittest.TestResult):
    """Which tests failed, and how."""

    def __init__(self):
        super().__init__()
        self.failed = {}

    def _fail(self, test, error):
        self.failed.setdefault(name_of(test), self._exc_info_to_string(error, test))

    def addError(self, test, err):
        self._fail(test, err)

    def addFailure(self, test, err):
        self._fail(test, err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._fail(test, err)


def name_of(test):
    return "%s.%s" % (type(test).__name__, test._testMethodName)


def applies(versions):
    """Whether this version is in "3.7-3.9,3.13"."""
    here = sys.version_info[:2]
    for part in versions.split(","):
        first, _, last = part.strip().partition("-")
        low = tuple(map(int, first.split(".")))
        high = tuple(map(int, (last or first).split(".")))
        if low <= here <= high:
            return True
    return False


def expected_failures():
    """Test to reason, for this version."""
    expected = {}
    with open(os.path.join(HERE, "pickletester_expected.txt"), encoding="utf-8") as file:
        for line in file:
            if not line.strip() or line.startswith("#"):
                continue
            match = re.match(r"([\w.]+)(?: \[([-0-9., ]+)\])?: (.+)", line)
            if match is None:
                raise SystemExit("pickletester_expected.txt: cannot read %r" % line)
            name, versions, reason = match.groups()
            if versions is None or applies(versions):
                expected[name] = reason
    return expected


def run(pattern, verbose):
    suite = unittest.TestSuite()
    for case in test_cases():
        suite.addTests(unittest.defaultTestLoader.loadTestsFromTestCase(case))
    if pattern:
        suite = unittest.TestSuite(test for test in suite if pattern in name_of(test))
    expected = expected_failures()
    names = {name_of(test) for test in suite}
    result = Result()
    # Some tests print the pickles that they are not happy with.
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        suite.run(result)
    skipped = {name_of(test) for test, _ in result.skipped}
    unexpected = {name: text for name, text in result.failed.items() if name not in expected}
    passing = {name for name in expected if name in names and name not in result.failed and name not in skipped}
    unknown = set() if pattern else set(expected) - names
    for name, text in sorted(unexpected.items()):
        print("FAILED %s\n%s" % (name, text if verbose else text.strip().splitlines()[-1]))
    for name in sorted(passing):
        print("PASSED, though listed as an expected failure: %s" % name)
    for name in sorted(unknown):
        print("listed as an expected failure, but there is no such test: %s" % name)
    passed = len(names) - len(result.failed) - len(skipped)
    print(
        "pickletester CPython %s: %d passed, %d expected failures"
        % (VERSION, passed, len(result.failed) - len(unexpected))
    )
    return not (unexpected or passing or unknown)


def pythons():
    """The CPythons that pyenv has, from 3.7 on, oldest first."""
    root = subprocess.check_output(["pyenv", "root"], text=True).strip()
    found = []
    for name in os.listdir(os.path.join(root, "versions")):
        match = re.match(r"3\.(\d+)\.", name)
        if match is not None and int(match.group(1)) >= 7:
            found.append((int(match.group(1)), os.path.join(root, "versions", name, "bin", "python")))
    return [python for _, python in sorted(found)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="every CPython that pyenv has")
    parser.add_argument("-k", metavar="TEXT", default="", help="only tests whose name contains this")
    parser.add_argument("-v", action="store_true", help="show tracebacks")
    args = parser.parse_args()
    if args.all:
        rest = [arg for arg in sys.argv[1:] if arg != "--all"]
        codes = [subprocess.call([python, os.path.abspath(__file__)] + rest) for python in pythons()]
        return 1 if any(codes) else 0
    return 0 if run(args.k, args.v) else 1


if __name__ == "__main__":
    sys.exit(main())
