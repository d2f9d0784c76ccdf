"""The version matrix: every case dumped by each Python, loaded and checked by each other.

    python tests/matrix/run.py [--require 3.7,3.8,pypy3.9] [--json FILE] [--only GLOB] ...

Passes, all through fresh processes that have never seen a definition:

- loader:  each CPython dumps every case from source; each Python loads them with
           `pickle.loads`, having only the loader, and runs their checks
- main:    the cases run as `__main__` scripts; the next Python in the row loads them
- bare:    self-contained payloads, loaded by `python -I -S` with nothing installed
- relay:   a worker of another version loads, dumps again, and a third process checks

`--with cloudpickle` measures another library in the first pass, for comparison (its folder goes into
CODEPICKLE_PATH). CODEPICKLE_PATH is the folder that holds the package under test.
"""

import argparse
import concurrent.futures
import fnmatch
import json
import os
import shutil
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import cases  # noqa: E402
import interpreters  # noqa: E402
from interpreters import PACKAGES  # noqa: E402
from worker import Task, make_loader, package_path  # noqa: E402

# Self-contained payloads differ from others only in their head: a selection shows it.
BARE_STRIDE = 6


class Matrix:
    """Runs the passes and keeps every result as (pass, producer, consumer, case)."""

    def __init__(self, options, found):
        self.options = options
        self.found = found
        self.producers = [i for i in found if i.can_dump]
        self.consumers = found
        if options.producers:
            self.producers = [i for i in self.producers if i.label in options.producers.split(",")]
        if options.consumers:
            self.consumers = [i for i in found if i.label in options.consumers.split(",")]
        self.cases = [c for c in cases.find() if fnmatch.fnmatch(c.name, options.only)]
        self.table = {}  # (pass, producer, consumer) -> {case: (state, error)}
        self.root = tempfile.mkdtemp(prefix="codepickle-matrix-")
        self.pool = concurrent.futures.ThreadPoolExecutor(options.jobs)
        self.modules = {i.label: self._modules(i) for i in found}
        if options.library == "codepickle":
            self.loader = make_loader(os.path.join(self.root, "loader"))
        else:
            self.loader = package_path()

    def _modules(self, interpreter):
        """Which of the modules in some REQUIRES this interpreter has."""
        wanted = sorted({c.requires for c in self.cases if c.requires})
        found = set()
        for module in wanted:
            if interpreter.has(module):
                found.add(module)
        return found

    def fits(self, case, producer, *receivers):
        return producer.version[:2] >= case.min and all(
            (p is producer or p.version[:2] >= case.loads)
            and (case.requires is None or case.requires in self.modules[p.label])
            for p in (producer, *receivers)
        )

    def folder(self, kind, *parts):
        path = os.path.join(self.root, kind, *parts)
        os.makedirs(path, exist_ok=True)
        return path

    def submit(self, key, task):
        return key, self.pool.submit(task.run)

    def gather(self, futures):
        for key, future in futures:
            self.table[key] = future.result()

    def produce(self, kind, flags=(), selection=None):
        """Dump with every producer; results are under consumer None."""
        futures = []
        for p in self.producers:
            names = [c.name for c in (selection or self.cases) if self.fits(c, p)]
            flags_here = ["--with", self.options.library] + list(flags)
            task = Task(
                p, "produce.py", self.folder(kind, p.label), names, flags_here, path=package_path(), packages=PACKAGES
            )
            futures.append(self.submit((kind, p.label, None), task))
        self.gather(futures)

    def consume(self, kind, pairs, selection=None, folder=None, origin=None, **how):
        """Load and check what the producers of `pairs` wrote."""
        futures = []
        for p, c in pairs:
            source = folder or kind
            written = self.table[(origin or kind, p.label, None)]
            names = [
                case.name
                for case in (selection or self.cases)
                if self.fits(case, p, c) and written[case.name][0] == "ok"
            ]
            task = Task(c, "consume.py", self.folder(source, p.label), names, **how)
            futures.append(self.submit((kind, p.label, c.label), task))
        self.gather(futures)

    def next_of(self, interpreter, step=1):
        """The consumer that follows in the row; ends meet."""
        labels = [i.label for i in self.consumers]
        at = labels.index(interpreter.label) if interpreter.label in labels else 0
        return self.consumers[(at + step) % len(labels)]

    def run(self):
        full = [(p, c) for p in self.producers for c in self.consumers]
        ring = [(p, self.next_of(p)) for p in self.producers]
        self.produce("loader")
        self.consume("loader", full, path=self.loader, packages=PACKAGES)
        if self.options.library != "codepickle" or self.options.quick:
            return
        self.produce("main", ["--as-main"])
        self.consume("main", ring, path=self.loader, packages=PACKAGES)
        plain = [case for case in self.cases if case.requires is None]  # nothing is installed there
        selection = plain[::BARE_STRIDE] or plain
        self.produce("bare", ["--self-contained"], selection)
        self.consume("bare", full, selection, python_flags=["-I", "-S"])
        self.relay()

    def relay(self):
        """Producer -> a worker of another version -> the Python that follows it."""
        workers = [i for i in self.consumers if i.can_dump]
        futures = []
        hops = []
        for at, p in enumerate(self.producers):
            w = workers[(at + 3) % len(workers)]
            names = [
                c.name
                for c in self.cases
                if self.fits(c, p, w) and self.table[("loader", p.label, None)][c.name][0] == "ok"
            ]
            target = self.folder("relay", p.label)
            source = self.folder("loader", p.label)
            task = Task(w, "consume.py", source, names, ["--relay", target], path=package_path(), packages=PACKAGES)
            futures.append(self.submit(("relay", p.label, None), task))
            hops.append((p, self.next_of(w)))
        self.gather(futures)
        for key in list(self.table):
            if key[0] == "relay":
                for case in self.cases:
                    self.table[key].setdefault(case.name, ("skip", None))
        self.consume("relay", hops, path=self.loader, packages=PACKAGES)

    def close(self):
        self.pool.shutdown()
        if self.options.keep:
            print("payloads kept in", self.root)
        else:
            shutil.rmtree(self.root, ignore_errors=True)

    # Reports

    def failures(self):
        return [
            (key, name, error)
            for key, results in self.table.items()
            for name, (state, error) in sorted(results.items())
            if state == "fail"
        ]

    def count(self, kind, producer, consumer):
        """(passed, total); a case that could not be dumped counts as failed everywhere."""
        loaded = self.table[(kind, producer, consumer)]
        dumped = self.table[(kind, producer, None)]
        passed = sum(state == "ok" for state, _ in loaded.values())
        lost = sum(state == "fail" and name not in loaded for name, (state, _) in dumped.items())
        return passed, len(loaded) + lost

    def show_table(self):
        columns = [i.label for i in self.consumers]
        print("dumped by \\ run by".ljust(19) + "".join(label.rjust(12) for label in columns))
        for p in self.producers:
            cells = ["%d/%d" % self.count("loader", p.label, c) for c in columns]
            print(p.label.ljust(19) + "".join(cell.rjust(12) for cell in cells))

    def totals(self, kind):
        pairs = [key for key in self.table if key[0] == kind and key[2] is not None]
        counts = [self.count(*key) for key in pairs]
        return sum(c[0] for c in counts), sum(c[1] for c in counts), len(pairs)

    def identical(self):
        """(cases whose payload is the same bytes from every producer, cases compared)."""
        same = compared = 0
        for case in self.cases:
            contents = []
            for p in self.producers:
                path = os.path.join(self.root, "loader", p.label, case.name + ".pickle")
                if os.path.exists(path):
                    with open(path, "rb") as file:
                        contents.append(file.read())
            if len(contents) > 1:
                compared += 1
                same += len(set(contents)) == 1
        return same, compared


def show_failures(failures, limit):
    by_case = {}
    for (kind, producer, consumer), name, error in failures:
        first = (error or "").strip().splitlines()[:1] or [""]
        where = "%s %s->%s" % (kind, producer, consumer or "(dump)")
        by_case.setdefault((name, first[0][:200]), []).append((where, error))
    for (name, first), where in sorted(by_case.items()):
        places = ", ".join(w for w, _ in where[:6]) + (" and %d more" % (len(where) - 6) if len(where) > 6 else "")
        print("FAILED %s: %s\n    in %s" % (name, first, places))
        if limit:
            print("\n".join("    | " + line for line in where[0][1].strip().splitlines()[-limit:]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--require", help="versions that must be there, joined by commas")
    parser.add_argument("--json", help="write every result to this file")
    parser.add_argument("--only", default="*", help="glob over case names")
    parser.add_argument("--producers", help="only these, joined by commas")
    parser.add_argument("--consumers", help="only these, joined by commas")
    parser.add_argument("--with", dest="library", default="codepickle")
    parser.add_argument("--quick", action="store_true", help="the loader pass alone")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", action="store_true", help="keep the payloads")
    parser.add_argument("--traceback", type=int, default=0, metavar="LINES")
    options = parser.parse_args()

    began = time.monotonic()
    found = interpreters.find(pyodide=True)
    required = interpreters.PYTHONS + interpreters.PYODIDES
    if options.require is not None:
        required = [label for label in options.require.split(",") if label]
    missing = interpreters.missing([i.label for i in found], required)
    must = options.require is not None or os.environ.get("CI") == "true"

    matrix = Matrix(options, found)
    try:
        matrix.run()
        matrix.show_table()
        failures = matrix.failures()
        show_failures(failures, options.traceback)
        counted = [c for c in matrix.cases if c.loads == (3, 7) and c.requires is None]
        print("version matrix: %d cases for every Python, %d more" % (len(counted), len(matrix.cases) - len(counted)))
        for kind in ("loader", "main", "bare", "relay"):
            passed, total, pairs = matrix.totals(kind)
            if pairs:
                print("version matrix, %s: %d of %d passed (%d pairs)" % (kind, passed, total, pairs))
        groups = {case.name for case in matrix.cases if case.name.startswith("opcodes.")}
        right = groups.difference(name for _, name, _ in failures)
        print("version matrix: groups of opcodes, right on every pair: %d of %d" % (len(right), len(groups)))
        print("version matrix: same bytes from every producer: %d of %d cases" % matrix.identical())
        if missing:
            print("version matrix: not found: %s%s" % (", ".join(missing), " (required)" if must else ""))
        print("version matrix: %.0f s" % (time.monotonic() - began))
        if options.json:
            write_json(matrix, options.json)
    finally:
        matrix.close()
    sys.exit(1 if failures or (missing and must) or not matrix.cases else 0)


def write_json(matrix, path):
    rows = [
        {"pass": kind, "producer": p, "consumer": c, "case": name, "state": state, "error": error}
        for (kind, p, c), results in sorted(matrix.table.items(), key=str)
        for name, (state, error) in sorted(results.items())
    ]
    same, compared = matrix.identical()
    table = {
        p.label: {c.label: matrix.count("loader", p.label, c.label) for c in matrix.consumers} for p in matrix.producers
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"table": table, "identical": [same, compared], "results": rows}, file, indent=1)


if __name__ == "__main__":
    main()
