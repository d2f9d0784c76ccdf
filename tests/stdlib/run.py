"""Instances of the standard library: dumped by every CPython, loaded by every Python, PyPy included.

    python tests/stdlib/run.py [--only GLOB] [--producers 3.8,3.13] [--consumers pypy3.9]

Each pair of Pythons is a fresh process that has only the loader. What is to be refused must be, with the path in the error.
CODEPICKLE_PATH is the folder that holds the package under test.
"""

import argparse
import concurrent.futures
import fnmatch
import os
import shutil
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "matrix"))
import interpreters  # noqa: E402
import table  # noqa: E402
from run import Task, make_loader, package_path, show_failures  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="*", help="glob over the names of entries")
    parser.add_argument("--producers", help="only these, joined by commas")
    parser.add_argument("--consumers", help="only these, joined by commas")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", help="keep the payloads in this folder")
    parser.add_argument("--traceback", type=int, default=0, metavar="LINES")
    options = parser.parse_args()

    began = time.monotonic()
    found = interpreters.find()
    producers = [i for i in found if i.can_dump and chosen(i, options.producers)]
    consumers = [i for i in found if chosen(i, options.consumers)]
    entries = [e for e in table.find().values() if fnmatch.fnmatch(e.name, options.only)]
    root = tempfile.mkdtemp(prefix="codepickle-stdlib-")
    try:
        results = run(root, producers, consumers, entries, options.jobs)
        failures = [
            (key, name, error)
            for key, cases in results.items()
            for name, (state, error) in sorted(cases.items())
            if state != "ok"
        ]
        show_table(results, producers, consumers)
        show_failures(failures, options.traceback)
        report(root, results, producers, consumers, entries)
        print("standard library instances: %.0f s" % (time.monotonic() - began))
        if options.keep:
            shutil.copytree(root, options.keep)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return 1 if failures or not entries or not producers else 0


def chosen(interpreter, labels):
    return labels is None or interpreter.label in labels.split(",")


def run(root, producers, consumers, entries, jobs):
    """{("stdlib", producer, consumer or None): {entry: (state, error)}}"""
    loader = make_loader(os.path.join(root, "loader"))
    script = os.path.join(HERE, "worker.py")
    results = {}

    def names(*parties, **kind):
        return [
            e.name
            for e in entries
            if all(p.version[:2] >= e.since for p in parties)
            and parties[0].version[:2] <= e.until
            and (kind["refused"] or e.pattern is None)
        ]

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = {}
        for p in producers:
            folder = os.path.join(root, p.label)
            os.mkdir(folder)
            task = Task(p, script, folder, names(p, refused=True), ["--dump"], path=package_path())
            futures["stdlib", p.label, None] = pool.submit(task.run)
        results.update((key, future.result()) for key, future in futures.items())
        futures = {}
        for p in producers:
            for c in consumers:
                dumped = results["stdlib", p.label, None]
                wanted = [name for name in names(p, c, refused=False) if dumped[name][0] == "ok"]
                task = Task(c, script, os.path.join(root, p.label), wanted, path=loader)
                futures["stdlib", p.label, c.label] = pool.submit(task.run)
        results.update((key, future.result()) for key, future in futures.items())
    return results


def count(results, key):
    """(passed, total) of a pair; what could not be dumped counts as failed."""
    loaded = results[key]
    dumped = results[key[:2] + (None,)]
    passed = sum(state == "ok" for state, _ in loaded.values())
    return passed, len(loaded) + sum(state != "ok" for state, _ in dumped.values())


def show_table(results, producers, consumers):
    print("dumped by \\ loaded by".ljust(22) + "".join(c.label.rjust(9) for c in consumers))
    for p in producers:
        cells = ["%d/%d" % count(results, ("stdlib", p.label, c.label)) for c in consumers]
        print(p.label.ljust(22) + "".join(cell.rjust(9) for cell in cells))


def report(root, results, producers, consumers, entries):
    same = compared = 0
    different = []
    for e in entries:
        contents = set()
        paths = [os.path.join(root, p.label, e.name + ".pickle") for p in producers]
        paths = [path for path in paths if os.path.exists(path)]
        for path in paths:
            with open(path, "rb") as file:
                contents.add(file.read())
        if len(paths) > 1:
            compared += 1
            same += len(contents) == 1
            if len(contents) > 1:
                different.append(e.name)
    refusals = {e.name for e in entries if e.pattern is not None}
    refused = [
        state == "ok"
        for key, cases in results.items()
        for name, (state, _) in cases.items()
        if key[2] is None and name in refusals
    ]
    pairs = [key for key in results if key[2] is not None]
    counts = [count(results, key) for key in pairs]
    if different:
        print("other bytes from other producers: " + ", ".join(different))
    print(
        "standard library instances: %d that travel, %d that are refused"
        % (len(entries) - len(refusals), len(refusals))
    )
    print("standard library instances: refused by name: %d of %d passed" % (sum(refused), len(refused)))
    print("standard library instances: same bytes from every producer: %d of %d" % (same, compared))
    passed, total = sum(c[0] for c in counts), sum(c[1] for c in counts)
    print("standard library instances: %d of %d passed (%d pairs)" % (passed, total, len(pairs)))


if __name__ == "__main__":
    sys.exit(main())
