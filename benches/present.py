"""The tables and plots of a run of benches/run.py."""

import datetime
import os
import platform
import sys
from pathlib import Path

COMMAND = "make bench"
COLOURS = {
    "codepickle": "#2f6fb0",
    "cloudpickle": "#b9762f",
    "dill": "#8a8a8a",
    "pickle": "#5b5b5b",
    "compile()": "#5b5b5b",
}


def machine(libraries):
    """What the figures were measured with and on."""
    return {
        "date": datetime.date.today().isoformat(),
        "python": platform.python_implementation() + " " + platform.python_version(),
        "versions": {name: module.__version__ for name, module in libraries.items()},
        "cores": os.cpu_count(),
        "processor": processor(),
        "system": "%s %s" % (platform.system(), platform.machine()),
    }


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown processor"


def describe(machine):
    """One line about what was measured."""
    versions = ", ".join("%s %s" % item for item in machine["versions"].items())
    return "%s; %s; %s, %d cores, %s; %s" % (
        machine["date"],
        machine["python"],
        machine["processor"],
        machine["cores"],
        machine["system"],
        versions,
    )


def write(result, folder):
    """README.md and the plots, into `folder`."""
    drawn = plots(result, folder)
    Path(folder, "README.md").write_text(page(result, drawn), encoding="utf-8")


MEASURED = """\
Times are medians of rounds in which the libraries take turns, in one run, with half of the range between the
quartiles; in brackets the ratio to the baseline: cloudpickle or, where it does not take part, the first column. Below
1 is better. All figures: [figures.json](figures.json)."""

SCALE = """\
Time and memory grow as a power of the size; the exponent of what is linear is 1. It is that of the line through the
upper two decades: at smaller sizes there is more of what any call costs. Each point is of a process of its own. Seconds
are those of the processor, of first dumps and first loads; CPython's garbage collector is off meanwhile, as its passes
over a heap that grows take more than linear time by themselves. Memory is what the process needs at most meanwhile,
beyond what it held before; blank where that stays below 1 MiB."""

#: Between them README.md has the means, as `readme` writes them.
MARKS = "<!-- written by make bench -->\n", "<!-- until here -->\n"


def readme(result, file):
    """Put the means between the marks of a file."""
    before, _, rest = file.read_text(encoding="utf-8").partition(MARKS[0])
    _, mark, after = rest.partition(MARKS[1])
    if not mark:
        raise SystemExit("%s has no place for the means, between %r and %r" % (file, *MARKS))
    file.write_text(before + MARKS[0] + summary(result) + MARKS[1] + after, encoding="utf-8")


def summary(result):
    """The table of README.md: means, and what happens once in a process."""
    machine, means, cold = result["machine"], result["means"], result["figures"]["cold"]
    libraries = ["cloudpickle", "codepickle", "dill"]
    versions = ", ".join("%s %s" % item for item in machine["versions"].items() if item[0] != "codepickle")
    lines = ["%s, %s, %s, %d cores:" % (machine["date"], machine["python"], versions, machine["cores"]), ""]
    lines += ["| | cloudpickle | Codepickle | dill |", "| --- | ---: | ---: | ---: |"]
    rows = {
        "`dumps` of what was dumped before": means["dumps"],
        "`loads` of what was loaded before": means["loads"],
        "size of the payload": means["bytes"],
    }
    names = {"import": "`import`", "first dumps, 100 lines": "first `dumps` in a process, file of 100 lines"}
    names["first dumps, 50000 lines"] = "the same, 50,000 lines"
    for what, name in names.items():
        base = cold[what]["cloudpickle"]["median"]
        rows[name] = {library: found["median"] / base for library, found in cold[what].items()}
    for name, row in rows.items():
        cells = ["%.2f" % row[library] if library in row else "" for library in libraries]
        lines.append(("| %s |" % " | ".join([name, *cells])).replace("|  |", "| |"))
    return "\n".join(lines) + "\n"


def page(result, drawn):
    figures, means = result["figures"], result["means"]
    parts = ["# Benchmarks", "", "Written by `%s` (benches/run.py); do not edit." % COMMAND, ""]
    parts += [describe(result["machine"]) + ".", ""]
    parts += [MEASURED, ""]
    titles = {
        "dumps": ("Dumps, again", "us", 1e6, "cloudpickle"),
        "loads": ("Loads, again", "us", 1e6, "cloudpickle"),
        "bytes": ("Size of the payload", "B", 1, "cloudpickle"),
        "data": ("Plain data, dumps", "us", 1e6, "pickle"),
        "cold": ("Cold start, each in a new process", "ms", 1e3, "cloudpickle"),
        "trust": ("Loads with a policy and with a signature", "us", 1e6, "plain"),
        "wheels": ("The two wheels, geometric means of the seconds", "us", 1e6, "abi3-py310"),
        "compression": ("Dumping and loading, compressed or not", "ms", 1e3, "as it is"),
    }
    notes = {
        "compression": "Compression (zlib, level 1) saves bytes and takes time, so payloads are not\n"
        "compressed; who sends them over a slow line can do it.",
    }
    for name, (title, unit, factor, baseline) in titles.items():
        if name not in figures:
            continue
        parts += ["## " + title, ""]
        if name in notes:
            parts += [notes[name], ""]
        if name in drawn:
            parts += ["![%s](%s)" % (title, drawn[name]), ""]
        parts += rows(figures[name], unit, factor, baseline, means.get(name)) + [""]
    parts += ["## Scale", ""]
    for name, title in {"scale": "Time by size", "memory": "Memory by size"}.items():
        if name in drawn:
            parts += ["![%s](%s)" % (title, drawn[name]), ""]
    parts += [SCALE]
    parts += ["", "| what | from | to | seconds | exponent | MiB | exponent |"]
    parts += ["| --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for what, curve in figures["scale"].items():
        (first, _, _), (last, seconds, held) = curve["points"][0], curve["points"][-1]
        memory = ("%.1f" % (held / 2**20), "%.2f" % curve["memory"]) if curve["memory"] else ("", "")
        cells = (what, f"{first:,}", f"{last:,}", seconds, curve["exponent"], *memory)
        parts.append("| %s | %s | %s | %.3f | %.2f | %s | %s |" % cells)
    return "\n".join(parts) + "\n"


def rows(values, unit, factor, baseline, means):
    """A table in Markdown."""
    labels = list(dict.fromkeys(label for row in values.values() for label in row))
    lines = ["| | " + " | ".join(labels) + " |", "| --- |" + " ---: |" * len(labels)]
    for name, row in values.items():
        cells = []
        for label in labels:
            if label not in row:
                cells.append("-")
                continue
            median = row[label]["median"]
            spread = (row[label]["high"] - row[label]["low"]) / 2
            around = " ±%s" % digits(spread * factor) if spread else ""
            cells.append("%s%s %s (%.2f)" % (digits(median * factor), around, unit, median / row[baseline]["median"]))
        lines.append("| %s | %s |" % (name, " | ".join(cells)))
    if means:
        lines.append("| geometric mean | " + " | ".join("%.2f" % means[label] for label in labels) + " |")
    return lines


def digits(value):
    return "%.0f" % value if value >= 100 else "%.1f" % value if value >= 10 else "%.2f" % value


def plots(result, folder):
    """Draw; returns {section: file name}, empty where matplotlib is not installed."""
    try:
        import matplotlib
    except ImportError:
        print("matplotlib is not installed: no plots", file=sys.stderr)
        return {}
    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    # The same figures give the same file.
    matplotlib.rcParams.update({"svg.hashsalt": "codepickle", "font.size": 9, "axes.spines.top": False})
    matplotlib.rcParams["axes.spines.right"] = False
    figures = result["figures"]
    names = {
        "dumps": ("dumps, time (us)", 1e6, False),
        "loads": ("loads, time (us)", 1e6, False),
        "bytes": ("payload (bytes)", 1, False),
        "cold": ("time (ms)", 1e3, True),
    }
    drawn = {}
    for name, (label, factor, logarithmic) in names.items():
        bars(plt, figures[name], label, factor, logarithmic)
        drawn[name] = save(plt, folder, name)
    curves(plt, figures["scale"], 1, "exponent", "seconds")
    drawn["scale"] = save(plt, folder, "scale")
    curves(plt, figures["scale"], 2, "memory", "bytes")
    drawn["memory"] = save(plt, folder, "memory")
    return drawn


def bars(plt, values, label, factor, logarithmic):
    labels = list(dict.fromkeys(name for row in values.values() for name in row))
    _, axes = plt.subplots(figsize=(8, 0.9 + 0.32 * len(values)))
    height = 0.8 / len(labels)
    for number, library in enumerate(labels):
        places, medians, spreads = [], [], [[], []]
        for row, found in enumerate(values.values()):
            if library in found:
                value = found[library]
                places.append(row + height * number)
                medians.append(value["median"] * factor)
                spreads[0].append((value["median"] - value["low"]) * factor)
                spreads[1].append((value["high"] - value["median"]) * factor)
        axes.barh(places, medians, height, xerr=spreads, label=library, color=COLOURS.get(library), ecolor="#444444")
    axes.set_yticks([row + 0.4 - height / 2 for row in range(len(values))], list(values))
    axes.invert_yaxis()
    axes.set_xlabel(label)
    if logarithmic:
        axes.set_xscale("log")
    axes.legend(frameon=False)


def curves(plt, scale, column, exponent, label):
    _, axes = plt.subplots(figsize=(8, 5))
    for what, curve in scale.items():
        if curve[exponent] is None:
            continue
        sizes, values = zip(*[(point[0], point[column]) for point in curve["points"] if point[column]])
        axes.plot(sizes, values, marker="o", markersize=3, label="%s: %.2f" % (what, curve[exponent]))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("size")
    axes.set_ylabel(label)
    axes.legend(frameon=False, title="what grows: exponent", fontsize=8)


def save(plt, folder, name):
    file = name + ".svg"
    plt.tight_layout()
    plt.savefig(Path(folder, file), metadata={"Date": None, "Creator": None})
    plt.close()
    return file
