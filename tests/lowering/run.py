"""Lowered text does what the original does, on the Pythons for which it was lowered.

    cargo build --example lower
    python tests/lowering/run.py [--lower PATH] [--only GLOB] PYTHON...

A case is a file in `cases/`: a module in new syntax whose list `CALLS` is filled by `call(function, *args, **kwargs)`. A newer Python
runs the original, each given one the lowered text; results, exceptions, and what was logged must be equal, in that order.
"""

import argparse
import fnmatch
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def lowered(tool, path, version):
    """The text for that version, and which lines are inserted; raises ValueError if there is none."""
    out = subprocess.run([tool, version, path], stdout=subprocess.PIPE, check=True).stdout
    status, text = out.decode().split("\n", 1)
    if status.startswith("error"):
        raise ValueError(text)
    return text, status.split()[2:]


def run(python, text, inserted):
    """What the module's calls did."""
    result = subprocess.run(
        [python, "-X", "utf8", "-W", "error", os.path.join(HERE, "child.py"), *inserted],
        input=text.encode(),
        capture_output=True,
    )
    if result.returncode:
        return [["failed", result.stderr.decode()[-1200:]]]
    return json.loads(result.stdout.decode())


def version_of(python):
    return subprocess.check_output([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).decode().strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lower", default=os.path.join(ROOT, "target", "debug", "examples", "lower"))
    parser.add_argument("--newest", default=sys.executable, help="runs the originals")
    parser.add_argument("--only", default="*")
    parser.add_argument("pythons", nargs="+")
    args = parser.parse_args()
    versions = [(python, version_of(python)) for python in args.pythons]
    bad = good = 0
    cases = os.path.join(HERE, "cases")
    for name in sorted(os.listdir(cases)):
        if not name.endswith(".py") or not fnmatch.fnmatch(name, args.only):
            continue
        path = os.path.join(cases, name)
        with open(path, encoding="utf-8") as file:
            expected = run(args.newest, file.read(), [])
        for python, version in versions + [(args.newest, "3.7")]:
            try:
                found = run(python, *lowered(args.lower, path, version))
            except ValueError as error:
                found = [["not lowered", str(error)]]
            differ = [(a, b) for a, b in zip(expected, found) if a != b]
            if len(expected) < 2 or len(expected) != len(found) or differ:
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
