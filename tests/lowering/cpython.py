"""CPython's own tests, lowered and run by older Pythons: those of `match`, or another file.

    cargo build --release -p codepickle-source --example lower
    python3.13 tests/lowering/cpython.py [--lower PATH] [--file PATH] PYTHON...

The file is taken from the Python that runs this. A test of `match` that fails and is not in EXPECTED is a failure; so is one that is, and passes.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

import tool

PROTOCOL = "typing.Protocol is of 3.8"
TRACE = "asks a trace function about lines: `else` has none"
#: Tests of `match` that fail on versions up to the first part, and why.
EXPECTED = {
    "TestPatma.test_patma_generic_protocol": ((3, 7), PROTOCOL),
    "TestPatma.test_patma_protocol_with_match_args": ((3, 9), "up to 3.9, Protocol takes __match_args__ for a member"),
    "TestPatma.test_patma_runtime_checkable_protocol": ((3, 7), PROTOCOL),
    "TestSourceLocations.test_jump_threading": ((3, 9), "asks about bytecode"),
    "TestTracing.test_default_capture": ((3, 9), TRACE),
    "TestTracing.test_default_wildcard": ((3, 9), TRACE),
    "TestTracing.test_only_default_capture": ((3, 9), TRACE),
    "TestTracing.test_only_default_wildcard": ((3, 9), TRACE),
    "TestTracing.test_parser_deeply_nested_patterns": ((3, 9), "compiles new syntax"),
    "TestTracing.test_unreachable_code": ((3, 9), TRACE),
    "TestTypeErrors.test_positional_patterns_with_regular_protocol": ((3, 7), PROTOCOL),
    "TestTypeErrors.test_regular_protocol": ((3, 7), PROTOCOL),
}

RUN = """
import collections, contextlib, json, sys, types, unittest
sys.path.insert(0, {package!r})
from codepickle import _lowered
name = "test_patma"
module = types.ModuleType(name)
sys.modules[name] = module
module.__dict__["_ck"] = _lowered
module.__dict__["__file__"] = {path!r}
exec(compile(open({path!r}, encoding="utf-8").read(), {path!r}, "exec"), module.__dict__)
suite = unittest.defaultTestLoader.loadTestsFromModule(module)
result = unittest.TestResult()
with contextlib.redirect_stdout(sys.stderr):
    suite.run(result)
bad = {{test.id(): text for test, text in result.errors + result.failures}}
print(json.dumps([result.testsRun, len(result.skipped), bad]))
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    tool.add_option(parser)
    parser.add_argument("--file", default=None, help="another test module")
    parser.add_argument("pythons", nargs="+")
    args = parser.parse_args()
    path = args.file or os.path.join(os.path.dirname(os.__file__), "test", "test_patma.py")
    status = 0
    for python in args.pythons:
        version = (
            subprocess.check_output([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
            .decode()
            .strip()
        )
        out = subprocess.run([args.lower, version, path], stdout=subprocess.PIPE, check=True).stdout.decode()
        kind, text = out.split("\n", 1)
        if kind.startswith("error"):
            print(version, "not lowered:", text)
            status = 1
            continue
        with tempfile.TemporaryDirectory() as folder:
            lowered = os.path.join(folder, "test_patma.py")
            with open(lowered, "w", encoding="utf-8") as file:
                file.write(text)
            done = subprocess.run(
                [python, "-c", RUN.format(package=os.path.join(tool.ROOT, "python"), path=lowered)], capture_output=True
            )
            if done.returncode:
                print(version, done.stderr.decode()[-1500:])
                status = 1
                continue
            ran, skipped, bad = json.loads(done.stdout.decode())
            failed = {name.split()[0].split(".", 1)[1] for name in bad}
            print("%s: %d ran, %d skipped, %d failed" % (version, ran, skipped, len(failed)))
            if args.file:
                for name, text in sorted(bad.items()):
                    print("  ", name, text.strip().splitlines()[-1][:200])
                continue
            expected = {name for name, (until, _) in EXPECTED.items() if tuple(map(int, version.split("."))) <= until}
            for name in sorted(failed - expected):
                print("   fails:", name)
            for name in sorted(expected - failed):
                print("   passes:", name)
            status |= failed != expected
    return status


if __name__ == "__main__":
    sys.exit(main())
