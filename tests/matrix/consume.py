"""Load the payloads of a folder with the Python that runs this, and run their checks.

    python consume.py DIR [--names FILE] [--status FILE] [--relay OUTDIR]

Uses `pickle.loads` and nothing else: no case module is importable here and no `dumps`
is at hand. With `--relay` the loaded objects are dumped again into OUTDIR, as a worker
does that passes its work on; that needs the whole package. A warning is a failure.
"""

import argparse
import faulthandler
import importlib
import json
import os
import pickle
import sys
import traceback
import warnings


def strict(run):
    """Call `run`: a warning is an error in it, also where Python only prints the error, as in `__del__`."""
    swallowed = []
    before = getattr(sys, "unraisablehook", None)  # new in 3.8
    sys.unraisablehook = lambda args: swallowed.append(args.exc_value)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            run()
    finally:
        if before:
            sys.unraisablehook = before
    for error in swallowed:
        if isinstance(error, Warning):
            raise error


def take(data, name, relay):
    """Load one payload; check it, or pass it on to the folder `relay`."""
    obj, check = pickle.loads(data)
    if not relay:
        check(obj)
        return
    data = importlib.import_module("codepickle").dumps((obj, check), by_source=True)
    with open(os.path.join(relay, name + ".pickle"), "wb") as file:
        file.write(data)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--names")
    parser.add_argument("--status")
    parser.add_argument("--relay")
    options = parser.parse_args()
    faulthandler.enable()
    warnings.simplefilter("error")

    names = sorted(f[: -len(".pickle")] for f in os.listdir(options.folder) if f.endswith(".pickle"))
    if options.names:
        with open(options.names, encoding="utf-8") as file:
            wanted = set(file.read().split())
        names = [name for name in names if name in wanted]
    status = sys.stdout
    if options.status:
        status = open(options.status, "a", encoding="utf-8")  # noqa: SIM115 - open until the end

    def say(name, state, **more):
        status.write(json.dumps(dict(more, case=name, state=state)) + "\n")
        status.flush()

    for name in names:
        say(name, "start")
        try:
            with open(os.path.join(options.folder, name + ".pickle"), "rb") as file:
                data = file.read()
            strict(lambda data=data, name=name: take(data, name, options.relay))
        except BaseException as error:
            short = "%s: %s" % (type(error).__name__, error)
            say(name, "fail", error=traceback.format_exc(), short=short)
        else:
            say(name, "ok")


if __name__ == "__main__":
    main()
