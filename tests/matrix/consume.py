"""Load the payloads of a folder with the Python that runs this, and run their checks.

    python consume.py DIR [--names FILE] [--status FILE] [--relay OUTDIR]

Uses `pickle.loads` and nothing else: no case module is importable here and no `dumps`
is at hand. With `--relay` the loaded objects are dumped again into OUTDIR, as a worker
does that passes its work on; that needs the whole package.
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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--names")
    parser.add_argument("--status")
    parser.add_argument("--relay")
    options = parser.parse_args()
    faulthandler.enable()
    # A payload that cannot be rebuilt without a warning here would annoy every user.
    warnings.simplefilter("error", SyntaxWarning)

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
            obj, check = pickle.loads(data)
            if options.relay:
                dumps = importlib.import_module("codepickle").dumps
                data = dumps((obj, check), by_source=True)
                with open(os.path.join(options.relay, name + ".pickle"), "wb") as file:
                    file.write(data)
            else:
                check(obj)
        except BaseException as error:
            short = "%s: %s" % (type(error).__name__, error)
            say(name, "fail", error=traceback.format_exc(), short=short)
        else:
            say(name, "ok")


if __name__ == "__main__":
    main()
