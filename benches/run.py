"""Speed and size beside the peers, measured in one run, as ratios to cloudpickle.

    python benches/run.py [--rounds N] [--folder FOLDER] [--readme FILE] [--other PYTHON]

- warm: dumps, loads and bytes of fifteen objects that travel by value (objects.py, as a script)
- data: plain data against the standard library's pickle (plain.py)
- cold: importing the library, the first dumps in a process, with a source file of 100, 5,000 and 50,000 lines, and the
  first loads, beside `compile()` of the same text
- scale: time and memory by size, with the exponents of the power laws that fit: 1 is linear
- trust: loads with a policy and with a key, beside loads without (trust.py)
- compression: what zlib would save, and what it would take
- wheels: with --other, a Python that has the abi3-py37 wheel, what the newer one gains (wheels.py)

The libraries take turns; the median of the rounds counts, with the quartiles as its spread. FOLDER gets the figures
(figures.json), the tables (README.md) and, where matplotlib is installed, the plots. `dill` takes part where it is
installed. The file of --readme gets the means, between two marks.
"""

import argparse
import datetime
import importlib
import json
import math
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
import timeit
import zlib
from pathlib import Path

import objects
import plain
import present
import scale
import trust

LIBRARIES = ["cloudpickle", "codepickle", "dill"]
#: Seconds that one measurement takes at least; a call takes microseconds.
SPAN = 0.02
#: So many processes measure what is first in each: it takes as long as the processor's caches are empty.
PROCESSES = 31


def available():
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = importlib.import_module(name)
        except ImportError:
            print("%s is not installed" % name)
    return found


def measured(functions, rounds):
    """{name: seconds a call, as Figure}: the functions take turns, each round for a while."""
    timers = {name: timeit.Timer(function) for name, function in functions.items()}
    numbers, seconds = {}, {name: [] for name in timers}
    for name, timer in timers.items():
        once = max(timer.timeit(3) / 3, 1e-9)
        numbers[name] = max(1, int(SPAN / once))
    for _ in range(rounds):
        for name, timer in timers.items():
            seconds[name].append(timer.timeit(numbers[name]) / numbers[name])
    return {name: figure(taken) for name, taken in seconds.items()}


def figure(values):
    """Median, and what a quarter of the rounds was below and above."""
    ordered = sorted(values)
    quarter = len(ordered) // 4
    return {"median": statistics.median(ordered), "low": ordered[quarter], "high": ordered[-1 - quarter]}


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
        results["dumps"][name] = measured(dumps, rounds)
        results["loads"][name] = measured(loads, rounds)
        results["bytes"][name] = {label: figure([len(data)]) for label, data in payloads.items()}
    return results


def data(libraries, rounds):
    """{data: {library: seconds of dumps}}"""
    results = {}
    chosen = {"pickle": pickle, **{name: libraries[name] for name in ("cloudpickle", "codepickle")}}
    for name, value in plain.plain_data().items():
        calls = {label: lambda m=m, value=value: m.dumps(value, protocol=4) for label, m in chosen.items()}
        results[name] = measured(calls, rounds)
    return results


COLD = """
import sys, time
what, name, folder, module = sys.argv[1:]
sys.path.insert(0, folder)
begin = time.perf_counter()
library = __import__(name)
taken = time.perf_counter() - begin
if what == "loads":
    import pickle
    payload = open(folder + "/" + module + "." + name, "rb").read()
    begin = time.perf_counter()
    pickle.loads(payload)
    taken = time.perf_counter() - begin
elif what != "import":
    module = __import__(module)
    library.register_pickle_by_value(module)
    begin = time.perf_counter()
    payload = library.dumps(module.last)
    taken = time.perf_counter() - begin
    open(folder + "/" + module.__name__ + "." + name, "wb").write(payload)
print(taken)
"""

COMPILE = """
import sys, time
text = open(sys.argv[3] + "/" + sys.argv[4] + ".py").read()
begin = time.perf_counter()
compile(text, "name", "exec", 0, True)
print(time.perf_counter() - begin)
"""


def cold(rounds):
    """{what: {library: seconds}}, each in a fresh process."""
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        cases = {"import": ("import", "")}
        for lines in (100, 5000, 50000):
            name = "lines_%d" % lines
            functions = "".join("def f%d(x):\n    return x + %d\n\n\n" % (i, i) for i in range(lines // 4))
            Path(folder, name + ".py").write_text(functions + "last = f%d\n" % (lines // 4 - 1))
            cases["first dumps, %d lines" % lines] = ("dumps", name)
        body = "".join("    total += len(str(x)) * %d\n" % i for i in range(40))
        Path(folder, "longer.py").write_text("def last(x, total=0):\n%s    return total\n" % body)
        cases["dumps, a function of 42 lines"] = ("dumps", "longer")
        cases["first loads of it"] = ("loads", "longer")
        for what, arguments in cases.items():
            taken = {name: [] for name in ("cloudpickle", "codepickle")}
            if arguments[0] == "loads":
                taken["compile()"] = []
            for number in range(rounds + 1):
                for library, seconds in taken.items():
                    script = COMPILE if library == "compile()" else COLD
                    command = [sys.executable, "-c", script, arguments[0], library, folder, arguments[1]]
                    found = float(subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment()).stdout)
                    if number:  # the first writes the .pyc files
                        seconds.append(found)
            results[what] = {library: figure(seconds) for library, seconds in taken.items()}
    return results


def compression(rounds):
    """{payload, and what zlib leaves of its bytes: {"as it is", "zlib": seconds of dumping and loading it}}"""
    results = {}
    values = {"source text": [Path(module.__file__).read_text() for module in (argparse, datetime, statistics)]}
    data = plain.plain_data()
    values.update((name, data[name]) for name in ("records", "floats", "strings"))
    for name, value in values.items():
        payload = pickle.dumps(value, protocol=4)
        packed = zlib.compress(payload, 1)
        left = len(packed) / len(payload)
        calls = {
            "as it is": lambda value=value: pickle.loads(pickle.dumps(value, protocol=4)),
            "zlib": lambda value=value: pickle.loads(
                zlib.decompress(zlib.compress(pickle.dumps(value, protocol=4), 1))
            ),
        }
        results["%s, to %.2f of %d KB" % (name, left, len(payload) // 1000)] = measured(calls, rounds)
    return results


def wheels(other, rounds):
    """{what: {wheel: seconds}}: this Python and the other one take turns."""
    pythons = {"abi3-py310": sys.executable, "abi3-py37": other}
    taken = {}
    for _ in range(rounds):
        for wheel, python in pythons.items():
            output = subprocess.check_output([python, str(Path(__file__).with_name("wheels.py"))])
            for what, seconds in json.loads(output).items():
                taken.setdefault(what, {}).setdefault(wheel, []).append(seconds)
    return {what: {wheel: figure(each) for wheel, each in row.items()} for what, row in taken.items()}


def environment():
    """As installed packages are: with .pyc files."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def table(title, rows, unit, scale, baseline="cloudpickle"):
    """Print medians and their ratios to the baseline; returns {library: geometric mean of the ratios}."""
    labels = list(dict.fromkeys(label for values in rows.values() for label in values))
    print("\n%-30s" % title + "".join("%30s" % label for label in labels))
    ratios = {label: [] for label in labels}
    for name, values in rows.items():
        line = "%-30s" % name
        for label in labels:
            if label not in values:
                line += "%30s" % "-"
                continue
            value = values[label]
            ratio = value["median"] / values[baseline]["median"]
            ratios[label].append(ratio)
            spread = 100 * (value["high"] - value["low"]) / value["median"] / 2
            line += "%15.1f %s ±%3.0f %% %5.2f" % (value["median"] * scale, unit, spread, ratio)
        print(line)
    means = {label: mean(values) for label, values in ratios.items() if values}
    print("%-30s" % "geometric mean" + "".join("%30.3f" % means.get(label, math.nan) for label in labels))
    return means


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="write figures, tables and plots there")
    parser.add_argument("--readme", type=Path, help="write the means into this file")
    parser.add_argument("--other", help="a Python with the abi3-py37 wheel, where this one has the other")
    options = parser.parse_args()
    libraries = available()
    machine = present.machine(libraries)
    print(present.describe(machine))
    figures = warm(libraries, options.rounds)
    figures["data"] = data(libraries, options.rounds)
    figures["cold"] = cold(max(options.rounds, PROCESSES))
    figures["trust"] = dict(trust.rows(measured, options.rounds))
    figures["compression"] = compression(options.rounds)
    if options.other:
        figures["wheels"] = wheels(options.other, 3)
    figures["scale"] = scale.measured()
    means = {
        "dumps": table("warm dumps", figures["dumps"], "us", 1e6),
        "loads": table("warm loads", figures["loads"], "us", 1e6),
        "bytes": table("payload", figures["bytes"], "B ", 1),
        "data": table("plain data, dumps", figures["data"], "us", 1e6, baseline="pickle"),
    }
    table("cold", figures["cold"], "ms", 1e3)
    means["trust"] = table("loads, trusted", figures["trust"], "us", 1e6, baseline="plain")
    means["compression"] = table("dumps and loads", figures["compression"], "ms", 1e3, baseline="as it is")
    if "wheels" in figures:
        means["wheels"] = table("wheels", figures["wheels"], "us", 1e6, baseline="abi3-py310")
    if options.folder:
        options.folder.mkdir(parents=True, exist_ok=True)
        result = {"machine": machine, "means": means, "figures": figures}
        (options.folder / "figures.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        present.write(result, options.folder)
        if options.readme:
            present.readme(result, options.readme)
    return 0


if __name__ == "__main__":
    sys.exit(main())
