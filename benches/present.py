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


def page(result, drawn):
    figures, means = result["figures"], result["means"]
    parts = ["# Benchmarks", "", "Written by `%s` (benches/run.py); do not edit." % COMMAND, ""]
    parts += [describe(result["machine"]) + ".", ""]
    parts += ["Times are medians of rounds in which the libraries take turns, in one run; in brackets the ratio to the"]
    parts += ["baseline, cloudpickle or pickle: below 1 is better. All figures: [figures.json](figures.json).", ""]
    titles = {
        "dumps": ("Dumps, again", "us", 1e6, "cloudpickle"),
        "loads": ("Loads, again", "us", 1e6, "cloudpickle"),
        "bytes": ("Size of the payload", "B", 1, "cloudpickle"),
        "data": ("Plain data, dumps", "ms", 1e3, "pickle"),
        "cold": ("Cold start, each in a new process", "ms", 1e3, "cloudpickle"),
    }
    for name, (title, unit, factor, baseline) in titles.items():
        parts += ["## " + title, ""]
        if name in drawn:
            parts += ["![%s](%s)" % (title, drawn[name]), ""]
        parts += rows(figures[name], unit, factor, baseline, means.get(name)) + [""]
    parts += ["## Scale", ""]
    if "scale" in drawn:
        parts += ["![Time by size](%s)" % drawn["scale"], ""]
    parts += ["Time grows as a power of the size. The exponent of a linear algorithm is 1, and less where a fixed cost"]
    parts += ["counts at the smaller sizes."]
    parts += ["", "| what | from | to | seconds | exponent |", "| --- | ---: | ---: | ---: | ---: |"]
    for what, curve in figures["scale"].items():
        (first, _), (last, seconds) = curve["points"][0], curve["points"][-1]
        cells = (what, f"{first:,}", f"{last:,}", seconds, curve["exponent"])
        parts.append("| %s | %s | %s | %.3f | %.2f |" % cells)
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
            cells.append("%s %s (%.2f)" % (digits(median * factor), unit, median / row[baseline]["median"]))
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
    curves(plt, figures["scale"])
    drawn["scale"] = save(plt, folder, "scale")
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


def curves(plt, scale):
    _, axes = plt.subplots(figsize=(8, 5))
    for what, curve in scale.items():
        sizes, seconds = zip(*curve["points"])
        axes.plot(sizes, seconds, marker="o", markersize=3, label="%s: %.2f" % (what, curve["exponent"]))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("size")
    axes.set_ylabel("seconds")
    axes.legend(frameon=False, title="what grows: exponent", fontsize=8)


def save(plt, folder, name):
    file = name + ".svg"
    plt.tight_layout()
    plt.savefig(Path(folder, file), metadata={"Date": None, "Creator": None})
    plt.close()
    return file
