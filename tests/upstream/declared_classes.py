"""The classes that CPython's own tests declare, dumped by the newest Python and behaving on the others.

    python tests/upstream/declared_classes.py [--consumers 3.7,3.9] [-k TEXT] [-v]

The tests are `test.test_dataclasses`, `test.test_enum` and `test.test_typing` of the newest CPython here that has them:
they run there, and every dataclass, enum, named tuple, typed dict, protocol and generic class that they make is dumped
by value, from source. Each Python then loads them with `pickle` and the loader alone, and what the classes do there
(declared_describe.py) is compared with what they did where they were made.

What no receiver can have, or has in its own way, is in `declared_expected.txt`, one class a line:

    module.Class.test.Class [3.7-3.9, 3.12, pypy]: reason

The run fails where that list is not exact: if another class fails, and also if one of the list passes.
The package under test is in the folder CODEPICKLE_PATH, or python/ of the checkout.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "matrix"))
import interpreters  # noqa: E402

PACKAGE = os.environ.get("CODEPICKLE_PATH") or os.path.join(os.path.dirname(os.path.dirname(HERE)), "python")
WORKER = os.path.join(HERE, "declared_worker.py")
#: Seconds for one process: it takes some 20 on an idle machine.
LONGEST = 900
EXPECTED = os.path.join(HERE, "declared_expected.txt")


#: The newest that may dump. 3.14.10 crashes after these tests ran, in its compiler, where their classes
#: are kept alive: also if nothing is pickled.
NEWEST = (3, 13)


def has_tests(interpreter):
    if interpreter.version[:2] > NEWEST:
        return False
    command = [interpreter.path, "-c", "import test.test_dataclasses, test.test_enum, test.test_typing"]
    return interpreter.can_dump and not subprocess.call(command, stderr=subprocess.DEVNULL)


def work(interpreter, what, folder, path):
    """What the worker told of each class, by number."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment["PYTHONPATH"] = path
    try:
        done = subprocess.run(
            [interpreter.path, WORKER, what, folder], capture_output=True, env=environment, text=True, timeout=LONGEST
        )
    except subprocess.TimeoutExpired:
        raise SystemExit("%s %s: not done in %d seconds" % (what, interpreter.label, LONGEST)) from None
    told = {}
    for line in done.stdout.splitlines():
        entry = json.loads(line)
        if "begins" in entry:
            entry["error"] = "the process ended: " + done.stderr[-1000:]
        told[entry["number"]] = entry
    if not told:
        raise SystemExit("%s %s: %s" % (what, interpreter.label, done.stderr[-3000:]))
    return told


def loader_only(folder):
    """What the loader-only wheel installs, and nothing more."""
    package = os.path.join(folder, "loader", "codepickle")
    os.makedirs(package)
    for name in ("_runtime.py", "_lowered.py", "_lowered_types.py"):
        shutil.copy(os.path.join(PACKAGE, "codepickle", name), package)
    with open(os.path.join(package, "__init__.py"), "w", encoding="utf-8"):
        pass
    return os.path.dirname(package)


def expected_failures():
    """[(name, versions or None, reason)]"""
    expected = []
    with open(EXPECTED, encoding="utf-8") as file:
        for line in file:
            if not line.strip() or line.startswith("#"):
                continue
            match = re.match(r"(\S+)(?: \[([-\w., ]+)\])?: (.+)", line)
            if match is None:
                raise SystemExit("declared_expected.txt: cannot read %r" % line)
            expected.append(match.groups())
    return expected


def applies(versions, label):
    """Whether "3.7-3.9,3.12" names the version of an interpreter; PyPy counts as the version that it implements."""
    if versions is None:
        return True
    here = tuple(map(int, re.sub(r"[^\d.]", "", label).split(".")))
    for part in versions.split(","):
        if part.strip() == "pypy" and label.startswith("pypy"):
            return True
        first, _, last = part.strip().partition("-")
        if not first[0].isdigit():
            continue
        if tuple(map(int, first.split("."))) <= here <= tuple(map(int, (last or first).split("."))):
            return True
    return False


def failure(made, loaded):
    """Why a class does not behave, None if it does."""
    if "error" in made:
        return "cannot be dumped: " + made["error"]
    if loaded is None or "error" in loaded:
        return (loaded or {}).get("error", "was not loaded")
    differing = [
        "%s: %s here, %s there" % (fact, loaded["facts"][fact], value)
        for fact, value in made["facts"].items()
        if fact in loaded["facts"] and loaded["facts"][fact] != value
    ]
    return "; ".join(differing) or None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--consumers", help="labels joined by commas; default: all that are found")
    parser.add_argument("-k", metavar="TEXT", default="", help="only classes whose name contains this")
    parser.add_argument("-v", action="store_true", help="show all of what differs")
    parser.add_argument("--producer", help="the label of another Python than the newest: what is listed is not for it")
    options = parser.parse_args()
    found = interpreters.find()
    producers = [interpreter for interpreter in found if has_tests(interpreter)]
    if not producers:
        print("declared classes: no CPython here has its tests installed")
        return 0
    producer = producers[-1]
    if options.producer:
        producer = next(interpreter for interpreter in producers if interpreter.label == options.producer)
    consumers = [i for i in found if not options.consumers or i.label in options.consumers.split(",")]
    expected = expected_failures()
    passed = listed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        payloads = os.path.join(folder, "payloads")
        os.mkdir(payloads)
        made = work(producer, "dump", payloads, PACKAGE)
        made = {number: entry for number, entry in made.items() if options.k in entry["name"]}
        loader = loader_only(folder)
        names = {entry["name"] for entry in made.values()}
        for name, _, _ in expected:
            if name not in names and not options.k:
                failed += 1
                print("listed in declared_expected.txt, but there is no such class: %s" % name)
        for consumer in consumers:
            loaded = work(consumer, "load", payloads, loader)
            allowed = {name for name, versions, _ in expected if applies(versions, consumer.label)}
            good = 0
            for number, entry in made.items():
                reason = failure(entry, loaded.get(number))
                name = entry["name"]
                if reason is None and name in allowed:
                    failed += 1
                    print("PASSED on %s, though listed in declared_expected.txt: %s" % (consumer.label, name))
                elif reason is None:
                    good += 1
                elif name in allowed:
                    listed += 1
                else:
                    failed += 1
                    print("FAILED on %s: %s: %s" % (consumer.label, name, reason if options.v else reason[:200]))
            print("dumped by %s, loaded by %s: %d of %d" % (producer.label, consumer.label, good, len(made)))
            passed += good
    total = passed + failed
    print("declared classes: %d of %d passed, %d expected" % (passed, total, listed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
