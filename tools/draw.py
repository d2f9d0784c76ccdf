"""Draw the version matrix as docs/matrix.svg, from the results of the last run of the step `matrix`.

    python tools/draw.py             draws it
    python tools/draw.py --check     does the image show what the results say?

The image tells shares, not numbers, so that it need not be drawn again for each new case.
"""

import argparse
import json
import os
import re
import sys
from fractions import Fraction

from common import CACHE, ROOT, Failure, main, run, venv

RESULTS = CACHE / "matrix.json"
IMAGE = ROOT / "docs" / "matrix.svg"
# Pinned: another release would draw another file.
LIBRARIES = ["matplotlib==3.10.7"]


def table():
    """{producer: {consumer: percent}} of the pass over all pairs; below 100 unless every case is right."""
    if not RESULTS.exists():
        raise Failure("%s is missing: python tools/test.py --only matrix" % RESULTS.relative_to(ROOT))
    counts = json.loads(RESULTS.read_text(encoding="utf-8"))["table"]
    return {
        producer: {consumer: int(100 * Fraction(*count)) for consumer, count in sorted(cells.items(), key=order)}
        for producer, cells in sorted(counts.items(), key=order)
    }


def order(item):
    """CPython, PyPy, Pyodide; each from the oldest to the newest."""
    name, major, minor = re.match(r"([a-z]*)(\d+)\.(\d+)", item[0]).groups()
    return ["", "pypy", "pyodide"].index(name), int(major), int(minor)


def check():
    """The image holds its table as its description."""
    found = re.search(r"<dc:description>(.*?)</dc:description>", IMAGE.read_text(encoding="utf-8"))
    if not found or json.loads(found.group(1).replace("&quot;", '"')) != table():
        print("docs/matrix.svg does not show these results: python tools/draw.py")
        return 1
    print("docs/matrix.svg shows these results")
    return 0


def draw():
    try:
        import matplotlib
    except ImportError:
        run([venv("draw", LIBRARIES), __file__])
        return 0
    matplotlib.use("svg")
    # The same table gives the same bytes, and text stays text.
    matplotlib.rcParams.update({"svg.hashsalt": "codepickle", "svg.fonttype": "none", "font.family": "sans-serif"})
    from matplotlib import pyplot

    shares = table()
    producers = list(shares)
    consumers = list(shares[producers[0]])
    figure, axes = pyplot.subplots(figsize=(1.2 + 0.62 * len(consumers), 1.3 + 0.4 * len(producers)))
    numbers = [[shares[p][c] for c in consumers] for p in producers]
    axes.pcolormesh(numbers, cmap="RdYlGn", vmin=0, vmax=125, edgecolors="white", linewidth=2)
    for y, row in enumerate(numbers):
        for x, number in enumerate(row):
            axes.text(x + 0.5, y + 0.5, "%d %%" % number, ha="center", va="center", fontsize=9)
    names = [label.replace("pypy", "PyPy\n").replace("pyodide", "Pyodide\n") for label in consumers]
    axes.set_xticks([x + 0.5 for x in range(len(consumers))], names)
    axes.set_yticks([y + 0.5 for y in range(len(producers))], producers)
    axes.tick_params(length=0, labelsize=9)
    axes.invert_yaxis()
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("run by")
    axes.set_ylabel("dumped by CPython")
    for spine in axes.spines.values():
        spine.set_visible(False)
    metadata = {
        "Title": "Codepickle's version matrix",
        "Description": json.dumps(shares),
        "Date": None,
        "Creator": None,
    }
    figure.savefig(str(IMAGE), metadata=metadata, bbox_inches="tight")
    # matplotlib leaves spaces at the end of lines.
    text = re.sub(r"[ \t]+$", "", IMAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    IMAGE.write_text(text, encoding="utf-8")
    print("drew", os.path.relpath(str(IMAGE)))
    return 0


def cli():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    return check() if parser.parse_args().check else draw()


if __name__ == "__main__":
    sys.exit(main(cli))
