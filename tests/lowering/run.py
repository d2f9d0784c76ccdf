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

import layout
import tool

#: Where something was raised, as the cases show it: function, line.
LINE = re.compile(r"(\('\w+'), \d+(?=\))")
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


def without_lines(done):
    """Up to 3.7 a call that takes several lines is at its last line."""
    return json.loads(LINE.sub(r"\1", json.dumps([[what, outcome[:3], log] for what, outcome, log in done])))


def check(args, name, text, versions, pypys):
    """How many calls are equal, and how many modules differ."""
    good = bad = 0
    has_lines = "layout" not in name
    expected = run(args.newest, text)
    for python, version in versions + [(args.newest, "3.7")]:
        if "ExceptionGroup" in text and tool.lacks_groups(python, version):
            print("left out: %s with %s, which lacks the package exceptiongroup" % (name, python))
            continue
        try:
            found = run(python, *tool.lower(args.lower, text, version))
        except ValueError as error:
            found = [["not lowered", str(error)]]
        wanted = expected
        if not has_lines and len(expected) == len(found) and len(found) > 1:
            wanted, found = without_lines(expected), without_lines(found)
        differ = [(a, b) for a, b in zip(wanted, found) if a != b]
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
    return good, bad


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    tool.add_option(parser)
    parser.add_argument("--newest", default=sys.executable, help="runs the originals")
    parser.add_argument("--only", default="*")
    parser.add_argument("--cases", default=os.path.join(tool.HERE, "cases"), help="their folder")
    parser.add_argument("--layouts", type=int, default=0, help="run each case in so many other layouts, too")
    parser.add_argument("--first", type=int, default=0, help="the number of the first layout")
    parser.add_argument("pythons", nargs="+")
    args = parser.parse_args()
    versions = [(python, tool.version_of(python)) for python in args.pythons]
    pypys = {python for python in args.pythons if tool.is_pypy(python)}
    bad = good = 0
    cases = args.cases
    for name in sorted(os.listdir(cases)):
        if not name.endswith(".py") or not fnmatch.fnmatch(name, args.only):
            continue
        path = os.path.join(cases, name)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        texts = {name: text}
        for seed in range(args.first, args.first + args.layouts):
            texts["%s, layout %d" % (name, seed)] = layout.changed(text, seed)
        for label, text in texts.items():
            equal, different = check(args, label, text, versions, pypys)
            good += equal
            bad += different
    print("%d calls equal, %d modules differ" % (good, bad))
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
