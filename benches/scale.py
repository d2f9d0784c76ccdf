"""Time and memory by size: what dumping takes as what is dumped grows, and the exponent of the power law that fits.

    python benches/scale.py WHAT SIZE

measures one point, in a process of its own. The garbage collector is off meanwhile, in all of them: each of its full
passes looks at all objects there are, so that what makes more objects than it drops takes more than linear time in
CPython, whatever makes them.
"""

import gc
import importlib
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

#: Points from the largest size down to this part of it are fitted: what a call costs anyway counts at smaller ones.
FITTED = 100
#: Memory below it is that of a page here and there.
LEAST_BYTES = 2**20
#: Seconds after which a point is not measured again, and how often it is at most.
PATIENCE, REPEATS = 1.0, 5


def measured(log=print):
    """{what: {"unit", "points": [[size, seconds, bytes]...], "exponent", "memory"}}"""
    curves = {}
    for what, (unit, sizes, _) in CURVES.items():
        points = []
        for size in sizes:
            command = [sys.executable, __file__, what, str(size)]
            points.append([size, *json.loads(subprocess.check_output(command))])
        seconds = [(size, taken) for size, taken, _ in points]
        memory = [(size, held) for size, _, held in points if held and held >= LEAST_BYTES]
        curves[what] = {"unit": unit, "points": points, "exponent": exponent(seconds), "memory": exponent(memory)}
        log("scale: %-45s exponents %s, %s" % (what, curves[what]["exponent"], curves[what]["memory"]))
    return curves


def point(what, size):
    """The seconds of the processor, the least of some times, and the bytes that were needed at most meanwhile."""
    prepare = CURVES[what][2]
    taken, held, begin = [], None, time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        sys.path.insert(0, folder)
        while not taken or (len(taken) < REPEATS and time.perf_counter() - begin < PATIENCE):
            work = prepare(size, folder)
            gc.collect()
            gc.disable()
            before = reset_peak()
            start = time.process_time()
            made = work()
            taken.append(time.process_time() - start)
            if held is None and before is not None:
                held = memory("VmHWM") - before
            del made
            gc.enable()
    return min(taken), held


def reset_peak():
    """Let the peak begin anew; the bytes that are held now. None where the system is not Linux."""
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
        return memory("VmRSS")
    except OSError:
        return None


def memory(name):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(name + ":"))


def exponent(points):
    """The slope of the line through the upper decades, both axes logarithmic, by least squares; None of one point."""
    points = [(math.log(size), math.log(value)) for size, value in points if size * FITTED >= points[-1][0]]
    if len(points) < 2:
        return None
    xs, ys = zip(*points)
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a in xs)


def module(folder, name, text):
    import codepickle

    Path(folder, name + ".py").write_text(text)
    importlib.invalidate_caches()
    made = importlib.import_module(name)
    codepickle.register_pickle_by_value(made)
    # What the first dump looks up does not count.
    codepickle.dumps(lambda: 0)
    return made


def functions(size, folder):
    text = "".join("def f%d(x):\n    return x + %d\n\n\n" % (number, number) for number in range(size))
    made = module(folder, "functions_%d_%d" % (size, time.monotonic_ns()), text)
    return [getattr(made, "f%d" % number) for number in range(size)]


def one_by_one(size, folder):
    import codepickle

    made = functions(size, folder)
    return lambda: [codepickle.dumps(function) for function in made]


def together(size, folder):
    import codepickle

    made = functions(size, folder)
    return lambda: codepickle.dumps(made)


def together_loaded(size, folder):
    import codepickle

    payload = codepickle.dumps(functions(size, folder))
    return lambda: codepickle.loads(payload)


def methods(size, folder):
    import codepickle

    text = "class C:\n" + "".join("    def f%d(self, x):\n        return self.a + x\n\n" % n for n in range(size))
    made = module(folder, "methods_%d_%d" % (size, time.monotonic_ns()), text)
    return lambda: codepickle.dumps(made.C)


def source(size, folder):
    import codepickle

    line = "    x = x + 1  # %s\n" % ("text " * 16)
    text = "def f(x):\n" + line * (size // len(line)) + "    return x\n"
    made = module(folder, "source_%d_%d" % (size, time.monotonic_ns()), text)
    return lambda: codepickle.dumps(made.f)


def graph(size, folder):
    import codepickle

    made = [[number] for number in range(size // 2)]
    return lambda: codepickle.dumps(made)


def nested(size, folder):
    import codepickle

    made = []
    for _ in range(size):
        made = [made]
    return lambda: codepickle.dumps(made)


def lowered(size, folder):
    import codepickle

    text = "    class C%d[T%d]:\n        def m(self, x):\n            match x:\n"
    text += "                case [a, *b] if (c := a): return T%d\n"
    made = "def f():\n" + "".join(text % (number, number, number) for number in range(size // 115))
    return lambda: codepickle.lower(made, (3, 7))


def string(size, folder):
    import codepickle

    made = "ab" * (size // 2)
    return lambda: codepickle.dumps(made)


CURVES = {
    "functions of one module, one by one": ("functions", [100, 1000, 10000, 30000, 100000], one_by_one),
    "functions in one payload": ("functions", [1, 10, 100, 1000, 3000, 10000], together),
    "functions in one payload, loaded": ("functions", [1, 10, 100, 1000, 3000, 10000], together_loaded),
    "methods of a class": ("methods", [10, 30, 100, 300, 1000], methods),
    "source of one function": ("bytes", [10**5, 10**6, 10**7, 3 * 10**7, 10**8], source),
    "objects of a graph": ("objects", [10**4, 10**5, 10**6, 10**7], graph),
    "nested lists": ("levels", [10**4, 10**5, 10**6, 10**7], nested),
    "new syntax, lowered": ("bytes", [10**4, 10**5, 10**6], lowered),
    "a string": ("characters", [10**6, 10**7, 3 * 10**7, 10**8], string),
}


if __name__ == "__main__":
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    print(json.dumps(point(sys.argv[1], int(sys.argv[2]))))
