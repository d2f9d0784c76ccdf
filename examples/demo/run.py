"""Dump the functions and classes of warehouse.py here, run them in other Pythons, and show what came of it.

    python run.py [--consumer LABEL=PATH]... [--cloudpickle DIR] [--cloudpickle-old DIR]

Each payload is loaded in a fresh process that has codepickle's loader and nothing of this folder's warehouse.py. It
must yield what the original yields here. The same is done with cloudpickle, where there is one. `make demo` finds
the Pythons.
"""

import argparse
import concurrent.futures
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
# Every exercise takes well under a second, on a busy machine, too.
HANGS = 30


class Library:
    """One of the two picklers: how it dumps, and what a consumer needs of it."""

    def __init__(self, name, module, dump, path_for):
        self.name = name
        self.version = module.__version__
        self.dump = dump
        #: The folder for a consumer's PYTHONPATH.
        self.path_for = path_for
        self.payloads = {}
        #: {(title, consumer): (word for the table, explanation)}
        self.cells = {}


def codepickle_library(folder):
    import codepickle

    # All that the receivers get: the pure Python files, without the native module.
    skip = shutil.ignore_patterns("*.so", "*.pyd", "*.new", "__pycache__")
    shutil.copytree(os.path.dirname(codepickle.__file__), os.path.join(folder, "loader", "codepickle"), ignore=skip)

    def dump(obj):
        return codepickle.dumps(obj, by_source=True)

    return Library("codepickle", codepickle, dump, lambda consumer: os.path.join(folder, "loader"))


def cloudpickle_library(new, old):
    """cloudpickle as installed here or in the folder `new`; `old` holds one for Python 3.7, if it differs."""
    if new:
        sys.path.insert(0, new)
    try:
        import cloudpickle
    except ImportError:
        return None
    here = os.path.dirname(os.path.dirname(cloudpickle.__file__))
    alone = tempfile.mkdtemp(prefix="cloudpickle-", dir=os.environ["CODEPICKLE_DEMO_FOLDER"])
    # Alone, so that no other package of this Python comes along on another's path.
    shutil.copytree(os.path.join(here, "cloudpickle"), os.path.join(alone, "cloudpickle"))

    def dump(obj):
        # Its default protocol would shut out Python 3.7, which is beside the point here.
        return cloudpickle.dumps(obj, protocol=4)

    def path_for(consumer):
        return old if old and consumer.endswith("3.7") else alone

    return Library("cloudpickle", cloudpickle, dump, path_for)


def produce(libraries, folder):
    """Dump every object with every library; returns {title: expected result}."""
    import warehouse
    from exercises import EXERCISES

    expected = {}
    # What can be imported here cannot be imported there.
    for library in libraries:
        sys.modules[library.name].register_pickle_by_value(warehouse)
    for title, obj in warehouse.objects().items():
        for library in libraries:
            try:
                data = library.dump(obj)
            except Exception as error:
                library.payloads[title] = (None, "%s: %s" % (type(error).__name__, error))
                continue
            path = os.path.join(folder, "%s-%d.pickle" % (library.name, len(expected)))
            with open(path, "wb") as file:
                file.write(data)
            library.payloads[title] = (path, len(data))
        # Used only after it was dumped: some of the objects have a state.
        expected[title] = json.loads(json.dumps(EXERCISES[title](obj)))
    return expected


def consume(library, title, expected, consumer, python, folder):
    """Run one payload in one fresh process; returns a word for the table and an explanation."""
    path, note = library.payloads[title]
    if path is None:
        return "no dump", note
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    env.update(PYTHONPATH=library.path_for(consumer), PYTHONDONTWRITEBYTECODE="1")
    command = [python, os.path.join(folder, "consume.py"), path, title]
    try:
        done = subprocess.run(
            command, env=env, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=HANGS
        )
    except subprocess.TimeoutExpired:
        return "HANGS", "no answer within %d s" % HANGS
    if done.returncode < 0:
        return "CRASH", "killed by %s" % signal.Signals(-done.returncode).name
    try:
        found = json.loads(done.stdout.decode())
    except ValueError:
        return "CRASH", "exit code %d: %s" % (done.returncode, done.stderr.decode(errors="replace").strip()[-200:])
    if "error" in found:
        if found["error"] in ("ModuleNotFoundError", "MissingModuleError") and "numpy" in found["message"]:
            return "no numpy", ""
        return found["error"], found["message"]
    if found["result"] != expected:
        return "WRONG", "%r instead of %r" % (found["result"], expected)
    return "ok", ""


def show(library, titles, consumers):
    """The table: objects down, Pythons across."""
    # An exception's name without its "Error" keeps the columns narrow.
    words = {key: word[:-5] if word.endswith("Error") else word for key, (word, _) in library.cells.items()}
    width = max(len(title) for title in titles) + 1
    columns = {c: max([len(c)] + [len(words[title, c]) for title in titles]) + 2 for c in consumers}
    heading = "%s %s" % (library.name, library.version)
    print("\n%-*s%7s" % (width, heading, "bytes") + "".join(c.rjust(columns[c]) for c in consumers))
    for title in titles:
        path, size = library.payloads[title]
        row = "%-*s%7s" % (width, title, size if path else "-")
        print(row + "".join(words[title, c].rjust(columns[c]) for c in consumers))


def tally(library, libraries):
    """(right, all that count): what needs a module that is not there counts for neither library."""
    lacking = {key for each in libraries for key, (word, _) in each.cells.items() if word == "no numpy"}
    counted = [word for key, (word, _) in library.cells.items() if key not in lacking]
    return counted.count("ok"), len(counted)


def explain(library, consumers, limit):
    """What stands behind the words of the table, each different one once."""
    seen = set()
    for (title, consumer), (word, why) in sorted(library.cells.items(), key=lambda cell: consumers.index(cell[0][1])):
        first_line = (why.strip().splitlines() or [""])[0]
        if word in ("ok", "no numpy") or (word, first_line) in seen:
            continue
        seen.add((word, first_line))
        if len(seen) <= limit:
            print("  %s, %s: %s: %s" % (consumer, title, word, first_line[:160]))
    if len(seen) > limit:
        print("  and %d others" % (len(seen) - limit))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--consumer", action="append", default=[], metavar="LABEL=PATH")
    parser.add_argument("--cloudpickle", metavar="DIR", help="holds cloudpickle, where it is not installed")
    parser.add_argument("--cloudpickle-old", metavar="DIR", help="one that holds a cloudpickle for Python 3.7")
    options = parser.parse_args()
    consumers = dict(entry.split("=", 1) for entry in options.consumer)
    if not consumers:
        consumers = {"%d.%d" % sys.version_info[:2]: sys.executable}

    with tempfile.TemporaryDirectory(prefix="codepickle-demo-") as folder:
        os.environ["CODEPICKLE_DEMO_FOLDER"] = folder
        for name in ("consume.py", "exercises.py"):
            shutil.copy(os.path.join(HERE, name), folder)
        ours = codepickle_library(folder)
        theirs = cloudpickle_library(options.cloudpickle, options.cloudpickle_old)
        libraries = [ours] + ([theirs] if theirs else [])
        expected = produce(libraries, folder)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            jobs = {
                (library, title, consumer): pool.submit(consume, library, title, result, consumer, python, folder)
                for library in libraries
                for title, result in expected.items()
                for consumer, python in consumers.items()
            }
        for (library, title, consumer), job in jobs.items():
            library.cells[title, consumer] = job.result()
    report(libraries, list(expected), list(consumers))
    right, total = tally(ours, libraries)
    return 0 if right == total else 1


def report(libraries, titles, consumers):
    print(
        "Dumped by %s %s, run by each Python named above a column, every payload in a fresh process.\n"
        "ok: it yields what the original yields here. WRONG: another result. A name: that exception (Type: TypeError)."
        % (platform.python_implementation(), platform.python_version())
    )
    for library in libraries:
        show(library, titles, consumers)
    print()
    for library in libraries:
        right, total = tally(library, libraries)
        sizes = [size for path, size in library.payloads.values() if path]
        print("%s: %d of %d right, %d bytes in all" % (library.name, right, total, sum(sizes)))
        explain(library, consumers, limit=20 if library is libraries[0] else 6)
    if len(libraries) == 1:
        print("cloudpickle is not installed here: there is nothing to compare with.")
    if "no numpy" in {word for library in libraries for word, _ in library.cells.values()}:
        print("`no numpy`: the function crossed, but the module that it uses is not installed there; not counted.")
    elif "function using numpy" not in titles:
        print("NumPy is not installed here: the function that uses it is left out.")
    if len(consumers) == 1:
        print(
            "Only one Python was found, so nothing had to cross a version. Each other one on this machine (by pyenv,\n"
            "uv, conda, the system's packages; PyPy, too) adds a column, and there bytecode means something else."
        )


if __name__ == "__main__":
    sys.exit(main())
