"""Requirements: do functions of installed packages import what `codepickle.requirements` says?

    python tests/requirements/run.py [--only GLOB] [--show]

Runs in an environment that holds packages.txt (tools/prepare.py --requirements makes it); CODEPICKLE_PATH is the folder
that holds the package under test. Each function of functions.py is dumped by value, analysed, and called in a fresh process
under a hook (call.py). It passes if the modules imported are those of the kinds "load" and "import", and of the other
kinds some; and if the analysis says the same of the object and of the payload.
"""

import argparse
import concurrent.futures
import fnmatch
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKOUT = os.path.dirname(os.path.dirname(HERE))
PACKAGE = os.environ.get("CODEPICKLE_PATH") or os.path.join(CHECKOUT, "python")
sys.path[:0] = [PACKAGE]

import codepickle  # noqa: E402
from functions import FUNCTIONS  # noqa: E402

# None takes longer than the import of its package.
TIMEOUT = 60


def dump(name, folder):
    """The payload's path, and what `requirements` says of it: {module: requirement}."""
    module_name, _, path = name.partition(":")
    module = importlib.import_module(module_name)
    function = module
    for part in path.split("."):
        function = getattr(function, part)
    codepickle.register_pickle_by_value(module)
    try:
        payload = codepickle.dumps(function, by_source=True)
        found = codepickle.requirements(payload)
        same = found == codepickle.requirements(function, by_source=True)
    finally:
        codepickle.unregister_pickle_by_value(module)
    if not same:
        raise AssertionError("requirements() differ for the object and its payload")
    target = os.path.join(folder, name.replace(":", "-"))
    with open(target, "wb") as file:
        file.write(payload)
    return target, {each.module: each for each in found}


def imported(payload, setup, call):
    """The modules that loading and calling imports, the standard library's left out."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    env.update(PYTHONPATH=PACKAGE, PYTHONDONTWRITEBYTECODE="1", PYTHONIOENCODING="utf-8")
    command = [sys.executable, "-W", "ignore", os.path.join(HERE, "call.py"), payload, setup, call]
    done = subprocess.run(command, env=env, capture_output=True, timeout=TIMEOUT)
    if done.returncode:
        raise AssertionError(done.stderr.decode("utf-8", "replace").strip()[-1500:])
    modules = json.loads(done.stdout.decode("utf-8").splitlines()[-1])
    return {module for module in modules if module.partition(".")[0] not in sys.stdlib_module_names}


def compare(required, modules):
    """What is wrong, or an empty string; and whether the two are equal outright."""
    needed = {name for name, each in required.items() if each.kind in ("load", "import")}
    problems = []
    if modules - set(required):
        problems.append("imported but not required: " + ", ".join(sorted(modules - set(required))))
    if needed - modules:
        problems.append("required but not imported: " + ", ".join(sorted(needed - modules)))
    unknown = [name for name in needed if required[name].distribution is None]
    if unknown:
        problems.append("of no known distribution: " + ", ".join(sorted(unknown)))
    return "; ".join(problems), modules == needed


def attempt(entry, folder, pool):
    """What is required, and a future of what is imported."""
    name, call, setup = entry
    try:
        payload, required = dump(name, folder)
    except Exception as error:
        failure = concurrent.futures.Future()
        failure.set_exception(error)
        return {}, failure
    return required, pool.submit(imported, payload, setup, call)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="*", help="names of functions, as a pattern")
    parser.add_argument("--show", action="store_true", help="list the modules of every function")
    options = parser.parse_args()
    began = time.monotonic()
    chosen = [entry for entry in FUNCTIONS if fnmatch.fnmatch(entry[0], options.only)]
    failed, equal = 0, 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        # Dumped here one after the other, called in as many processes as there are cores.
        runs = [attempt(entry, folder, pool) for entry in chosen]
        for (name, _, _), (required, run) in zip(chosen, runs):
            try:
                problem, same = compare(required, run.result())
            except Exception as error:
                problem, same = str(error), False
            failed += bool(problem)
            equal += same
            if problem:
                print("FAILED %s: %s" % (name, problem))
            if options.show:
                print("%s: %s" % (name, ", ".join("%s (%s)" % (each.module, each.kind) for each in required.values())))
    print(
        "requirements: %d of %d passed, %d without a branch not taken, %.0f s"
        % (len(chosen) - failed, len(chosen), equal, time.monotonic() - began)
    )
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
