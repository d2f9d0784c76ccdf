"""Time by size: how long dumping takes as what is dumped grows, and the exponent of the power law that fits."""

import importlib
import math
import statistics
import sys
import tempfile
import time
from pathlib import Path


def measured():
    """{what: {"unit", "points": [[size, seconds]...], "exponent"}}"""
    curves = {}
    with tempfile.TemporaryDirectory() as folder:
        sys.path.insert(0, folder)
        try:
            for what, (unit, sizes, prepare) in CURVES.items():
                points = []
                for size in sizes:
                    points.append([size, statistics.median(once(prepare, size, folder) for _ in range(3))])
                curves[what] = {"unit": unit, "points": points, "exponent": exponent(points)}
        finally:
            sys.path.remove(folder)
    return curves


def once(prepare, size, folder):
    work = prepare(size, folder)
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def exponent(points):
    """The slope of the line through the points, both axes logarithmic, by least squares."""
    xs, ys = zip(*[(math.log(size), math.log(seconds)) for size, seconds in points])
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys)) / sum((a - x) ** 2 for a in xs)


def module(folder, name, text):
    import codepickle

    Path(folder, name + ".py").write_text(text)
    importlib.invalidate_caches()
    made = importlib.import_module(name)
    codepickle.register_pickle_by_value(made)
    # What the first dump looks up does not count.
    codepickle.dumps(lambda: made)
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

    text = "def f(x):\n" + "    x = x + 1  # text\n" * (size // 22) + "    return x\n"
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
    "functions of one module, one by one": ("functions", [100, 1000, 10000], one_by_one),
    "functions in one payload": ("functions", [100, 1000, 10000], together),
    "functions in one payload, loaded": ("functions", [100, 1000, 10000], together_loaded),
    "methods of a class": ("methods", [10, 100, 1000], methods),
    "source of one function": ("bytes", [10**5, 10**6, 10**7], source),
    "objects of a graph": ("objects", [10**5, 10**6, 10**7], graph),
    "nested lists": ("levels", [10**5, 10**6, 10**7], nested),
    "new syntax, lowered": ("bytes", [10**4, 10**5, 10**6], lowered),
    "a string": ("characters", [10**7, 3 * 10**7, 10**8], string),
}
