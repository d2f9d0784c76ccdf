"""Run the probes on one engine, from this Python as the client, and print what became of each.

    python drive.py ENGINE MODE VERSION=PYTHON...

ENGINE is a module of `drivers`, with anything behind a hyphen left out; MODE is `codepickle` (installed), `portable` (functions are made portable, the engine and
its workers know nothing of Codepickle) or `default` (the engine as it is). Each line of the output is one JSON list:
version of the worker, probe, "ok" or what went wrong.
"""

import contextlib
import importlib
import json
import os
import signal
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import probes  # noqa: E402


def attempt(expected, function, *args):
    try:
        result = function(*args)
    except Exception as error:
        lines = str(error).strip().splitlines() or [""]
        return "%s: %s" % (type(error).__name__, lines[-1][:300])
    return "ok" if result == expected else "wrong: %r instead of %r" % (result, expected)


def tell(version, probe, outcome):
    print(json.dumps([version, probe, outcome]), flush=True)


def main():
    # What was started is ended, too, when this is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    engine, mode = sys.argv[1:3]
    workers = dict(entry.split("=", 1) for entry in sys.argv[3:])
    driver = importlib.import_module("drivers." + engine.partition("-")[0])
    prepare = (lambda function: function) if mode != "portable" else importlib.import_module("codepickle").portable
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="engines-"))
        submit = stack.enter_context(driver.start(workers, mode, folder))
        for version in workers:
            for probe in probes.PROBES:
                function, expected = probe()
                began = time.monotonic()
                outcome = attempt(expected, submit, version, prepare(function))
                tell(version, probe.__name__, outcome)
                if os.environ.get("ENGINES_VERBOSE"):
                    print("#", round(time.monotonic() - began, 2), file=sys.stderr)
            # Other ways in which the engine takes a function, for which CI has no time.
            forms = getattr(submit, "forms", {}) if os.environ.get("ENGINES_FORMS") else {}
            for name, form in forms.items():
                function, expected = probes.classes()
                tell(version, name, attempt(expected, form, version, prepare(function)))
            if mode != "default":
                outcome = attempt(version.replace("pypy", ""), submit, version, prepare(probes.where))
                tell(version, "where", outcome)
        if mode == "codepickle" and getattr(driver, "RELAYS", True):
            relay(submit, list(workers))


def relay(submit, versions):
    """From each worker to the next, by way of the client."""
    for first, second in zip(versions, versions[1:] + versions[:1]):
        make, use, expected = probes.relayed()
        outcome = attempt(expected, lambda *ends: submit(ends[1], use, submit(ends[0], make)), first, second)  # noqa: B023
        tell(second, "relayed", outcome)


if __name__ == "__main__":
    main()
