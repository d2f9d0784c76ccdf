"""Instructions that our code executes, compared with what is written down: a guard against getting slower.

    python tools/instructions.py [--update] [--python PYTHON]

Counts do not depend on the load of the machine, nor much on the machine. valgrind counts them; without it nothing is
checked. The work of benches/rust is counted in any case, that of benches/counted.py with the Python given, which has to
have Codepickle installed. Each is done a few times and a few times more, or once and not at all: what the start of a
process takes cancels out.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from common import IN_CI, ROOT, Failure, environment, main, run

EXPECTED = ROOT / "benches" / "instructions.json"
#: Compilers and C libraries of other versions differ by a few per cent; what gets slower differs by more.
TOLERANCE = 0.10
RUST = ["parse", "locate", "excerpts", "lower", "write"]
PYTHON = ["cold dumps", "warm dumps", "cold loads", "warm loads", "instances"]
#: What a process does once. The last loads what the one before it wrote.
FIRST = ["import", "first dumps", "first loads"]
LINE = "%-24s %14s %14s %8s"


def count(command, **options):
    """The instructions that a command executes."""
    valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    env = environment(PYTHONHASHSEED="0", PYTHONDONTWRITEBYTECODE="", **options)
    done = subprocess.run(
        [*valgrind, *map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env, cwd=str(ROOT)
    )
    errors = done.stderr.decode(errors="replace")
    found = re.search(r"Collected : (\d+)", errors)
    if done.returncode or not found:
        raise Failure("valgrind failed on %s:\n%s" % (" ".join(map(str, command)), errors[-2000:]))
    return int(found.group(1))


def measured(python):
    """{name: instructions for doing it once}"""
    run(["cargo", "build", "--release", "--quiet", "--locked", "-p", "codepickle-benches"])
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    work = target / "release" / ("codepickle-benches" + (".exe" if os.name == "nt" else ""))
    found = {}
    for name in RUST:
        found["rust: %s" % name] = (count([work, name, 10, 6]) - count([work, name, 10, 1])) // 5
    if python:
        version = subprocess.check_output([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
        label = "python %s" % version.decode().strip()
        script = ROOT / "benches" / "counted.py"
        with tempfile.TemporaryDirectory() as folder:
            for name in PYTHON:
                few, more = ([python, script, name, times, folder] for times in (10, 40))
                if name == PYTHON[0]:
                    count(few)  # writes the .pyc files
                found["%s: %s" % (label, name)] = (count(more) - count(few)) // 30
            for name in FIRST:
                without, once = ([python, script, name, times, folder] for times in (0, 1))
                found["%s: %s" % (label, name)] = count(once) - count(without)
    return found


def cli():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="write down what is counted")
    parser.add_argument("--python", help="a Python in which Codepickle is installed")
    options = parser.parse_args()
    if not shutil.which("valgrind"):
        if IN_CI:
            raise Failure("CI has to count instructions, and valgrind is not installed")
        print("instructions: not counted, as valgrind is not installed")
        return 0
    expected = json.loads(EXPECTED.read_text(encoding="utf-8")) if EXPECTED.exists() else {}
    found = measured(options.python)
    print(LINE % ("instructions", "expected", "counted", "change"))
    worse = []
    for name, counted in found.items():
        before = expected.get(name)
        change = counted / before - 1 if before else 0.0
        print(LINE % (name, before or "-", counted, "%+.1f %%" % (100 * change)))
        if change > TOLERANCE:
            worse.append(name)
    if options.update:
        EXPECTED.write_text(json.dumps({**expected, **found}, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        print("written to %s" % EXPECTED.relative_to(ROOT))
        return 0
    known = [name for name in found if name in expected]
    print("instructions: %d of %d passed" % (len(known) - len(worse), len(known)))
    if worse:
        print("More than %d %% more than in %s. If that is" % (100 * TOLERANCE, EXPECTED.relative_to(ROOT)))
        print("the price of something, call this script with --update: %s" % ", ".join(worse))
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main(cli))
