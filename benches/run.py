"""Speed and size beside the peers, measured in one run, as ratios to cloudpickle.

    python benches/run.py [--rounds N] [--json FILE]

- warm: dumps, loads and bytes of fifteen objects that travel by value (objects.py, as a script); the libraries take
  turns, the best round of each counts
- data: plain data against the standard library's pickle
- cold: importing the library, and the first dumps in a process, with a source file of 100, 5,000 and 50,000 lines

`dill` and `numpy` take part where they are installed.
"""

import argparse
import datetime
import importlib
import json
import math
import pickle
import subprocess
import sys
import tempfile
import timeit
from pathlib import Path

import objects

LIBRARIES = ["cloudpickle", "codepickle", "dill"]
#: Seconds that one measurement takes at least; a call takes microseconds.
SPAN = 0.02


def available():
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = importlib.import_module(name)
        except ImportError:
            print("%s is not installed" % name)
    return found


def best(functions, rounds):
    """{name: seconds a call}, the best of so many rounds in which the functions take turns."""
    timers = {name: timeit.Timer(function) for name, function in functions.items()}
    numbers, seconds = {}, {}
    for name, timer in timers.items():
        once = max(timer.timeit(3) / 3, 1e-9)
        numbers[name] = max(1, int(SPAN / once))
    for _ in range(rounds):
        for name, timer in timers.items():
            taken = timer.timeit(numbers[name]) / numbers[name]
            seconds[name] = min(taken, seconds.get(name, taken))
    return seconds


def mean(values):
    """The geometric mean."""
    return math.exp(sum(map(math.log, values)) / len(values))


def warm(libraries, rounds):
    """{what: {object: {library: value}}}"""
    options = {"dill": {"byref": False, "recurse": True}}
    results = {"dumps": {}, "loads": {}, "bytes": {}}
    # As the script that is run: all libraries take by value what it defines.
    script = Path(objects.__file__)
    own = vars(sys.modules["__main__"])
    exec(compile(script.read_text(), str(script), "exec"), own)
    for name, obj in own["OBJECTS"].items():
        payloads, dumps, loads = {}, {}, {}
        for label, library in libraries.items():
            keywords = options.get(label, {})
            try:
                payloads[label] = library.dumps(obj, **keywords)
                library.loads(payloads[label])
            except Exception as error:
                print("%s cannot take %s: %s" % (label, name, type(error).__name__))
                payloads.pop(label, None)
                continue
            dumps[label] = lambda library=library, obj=obj, keywords=keywords: library.dumps(obj, **keywords)
            loads[label] = lambda library=library, data=payloads[label]: library.loads(data)
        results["dumps"][name] = best(dumps, rounds)
        results["loads"][name] = best(loads, rounds)
        results["bytes"][name] = {label: len(data) for label, data in payloads.items()}
    return results


def plain_data():
    """Plain data by name: what CPython's benchmark suite pickles, and what else is large."""
    start = datetime.datetime(2024, 2, 29, 12, 30, 45, 123456)
    record = {
        "ads_flags": 0,
        "age": 18,
        "birthday": datetime.date(1980, 5, 7),
        "home": "x" * 30,
        "friends": [{"name": "friend %d" % i, "rank": i, "near": i % 2 == 0} for i in range(10)],
        "bulletin": ["a string of some length", 3.25, None, (1, 2, "three")],
    }
    return {
        "records": [dict(record, id=i) for i in range(200)],
        "dict of ints": {i: i * 7 for i in range(20000)},
        "nested lists": [[list(range(10)) for _ in range(10)] for _ in range(100)],
        "ints": list(range(0, 1 << 40, 1 << 24)),
        "floats": [i / 7 for i in range(50000)],
        "strings": ["string %d" % i for i in range(20000)],
        "tuples": [(i, -i, str(i % 100)) for i in range(20000)],
        "instances": [objects.Point(i, -i) for i in range(5000)],
        "datetimes": [start + datetime.timedelta(seconds=i) for i in range(5000)],
    }


def data(libraries, rounds):
    """{data: {library: seconds of dumps}}"""
    results = {}
    chosen = {"pickle": pickle, **{name: libraries[name] for name in ("cloudpickle", "codepickle")}}
    for name, value in plain_data().items():
        calls = {label: lambda m=m, value=value: m.dumps(value, protocol=4) for label, m in chosen.items()}
        results[name] = best(calls, rounds)
    return results


COLD = """
import sys, time
sys.path.insert(0, sys.argv[2])
begin = time.perf_counter()
library = __import__(sys.argv[1])
imported = time.perf_counter() - begin
if len(sys.argv) > 3:
    module = __import__(sys.argv[3])
    library.register_pickle_by_value(module)
    begin = time.perf_counter()
    library.dumps(module.last)
    imported = time.perf_counter() - begin
print(imported)
"""


def cold(rounds):
    """{what: {library: seconds}}, each in a fresh process."""
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        cases = {"import": []}
        for lines in (100, 5000, 50000):
            name = "lines_%d" % lines
            functions = "".join("def f%d(x):\n    return x + %d\n\n\n" % (i, i) for i in range(lines // 4))
            Path(folder, name + ".py").write_text(functions + "last = f%d\n" % (lines // 4 - 1))
            cases["first dumps, %d lines" % lines] = [name]
        for what, arguments in cases.items():
            for _ in range(rounds + 1):  # The first writes the .pyc files.
                for library in ("cloudpickle", "codepickle"):
                    command = [sys.executable, "-c", COLD, library, folder, *arguments]
                    taken = float(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
                    known = results.setdefault(what, {})
                    known[library] = min(taken, known.get(library, taken))
    return results


def table(title, rows, unit, scale, baseline="cloudpickle"):
    """Print a table of values and their ratios to the baseline; returns {library: geometric mean of the ratios}."""
    labels = list(next(iter(rows.values())))
    print("\n%-28s" % title + "".join("%22s" % label for label in labels))
    ratios = {label: [] for label in labels}
    for name, values in rows.items():
        line = "%-28s" % name
        for label in labels:
            if label not in values:
                line += "%22s" % "-"
                continue
            ratio = values[label] / values[baseline]
            ratios[label].append(ratio)
            line += "%13.1f %s %5.2f" % (values[label] * scale, unit, ratio)
        print(line)
    means = {label: mean(values) for label, values in ratios.items() if values}
    print("%-28s" % "geometric mean" + "".join("%22.3f" % means.get(label, math.nan) for label in labels))
    return means


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", help="write all figures there")
    options = parser.parse_args()
    libraries = available()
    print("Python %s" % sys.version.split()[0])
    figures = warm(libraries, options.rounds)
    means = {
        "dumps": table("warm dumps", figures["dumps"], "us", 1e6),
        "loads": table("warm loads", figures["loads"], "us", 1e6),
        "bytes": table("payload", figures["bytes"], "B ", 1),
    }
    figures["data"] = data(libraries, options.rounds)
    means["data"] = table("plain data, dumps", figures["data"], "ms", 1e3, baseline="pickle")
    figures["cold"] = cold(options.rounds)
    table("cold", figures["cold"], "ms", 1e3)
    if options.json:
        Path(options.json).write_text(json.dumps({"means": means, "figures": figures}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
