"""Lowered text does what the original does, on the Pythons for which it was lowered.

    cargo build --release -p codepickle-source --example lower
    python tests/lowering/run.py [--lower PATH] [--only GLOB] PYTHON...

A case is a file in `cases/`: a module in new syntax whose list `CALLS` is filled by `call(function, *args, **kwargs)`. A newer Python
runs the original, each given one the lowered text; results, exceptions, and what was logged must be equal, in that order.
What is about exception groups needs the package exceptiongroup on Pythons before 3.11.

A comment `# Differs on 3.12: reason` tells what that version (or `pypy`) itself does otherwise. It fails where nothing differs any more.
"""

import argparse
import fnmatch
import json
import os
import re
import subprocess
import sys

import tool

DIFFERS = re.compile(r"^# Differs on (3\.\d+|pypy): ", re.MULTILINE)


def run(python, text, inserted=()):
    """What the module's calls did."""
    result = subprocess.run(
        [python, "-X", "utf8", "-W", "error", os.path.join(tool.HERE, "child.py"), ",".join(map(str, inserted))],
        input=text.encode(),
        capture_output=True,
    )
    if result.returncode:
        return [["failed", result.stderr.decode()[-1200:]]]
    return json.loads(result.stdout.decode())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    tool.add_option(parser)
    parser.add_argument("--newest", default=sys.executable, help="runs the originals")
    parser.add_argument("--only", default="*")
    parser.add_argument("pythons", nargs="+")
    args = parser.parse_args()
    versions = [(python, tool.version_of(python)) for python in args.pythons]
    pypys = {python for python in args.pythons if tool.is_pypy(python)}
    bad = good = 0
    cases = os.path.join(tool.HERE, "cases")
    for name in sorted(os.listdir(cases)):
        if not name.endswith(".py") or not fnmatch.fnmatch(name, args.only):
            continue
        path = os.path.join(cases, name)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        expected = run(args.newest, text)
        for python, version in versions + [(args.newest, "3.7")]:
            if "ExceptionGroup" in text and tool.lacks_groups(python, version):
                print("left out: %s with %s, which lacks the package exceptiongroup" % (name, python))
                continue
            try:
                found = run(python, *tool.lower(args.lower, text, version))
            except ValueError as error:
                found = [["not lowered", str(error)]]
            differ = [(a, b) for a, b in zip(expected, found) if a != b]
            if ("pypy" if python in pypys else version) in DIFFERS.findall(text):
                good += len(found) - len(differ)
                if not differ:
                    bad += 1
                    print("FAILED", name, version, python, "is said to differ, and does not")
            elif len(expected) < 2 or len(expected) != len(found) or differ:
                bad += 1
                print("FAILED", name, version, python, len(expected), len(found))
                for pair in differ[:4] or [(expected[-1:], found[-1:])]:
                    print("  expected %s\n  found    %s" % pair)
            else:
                good += len(found)
    print("%d calls equal, %d modules differ" % (good, bad))
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
