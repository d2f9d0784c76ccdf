"""Dump every case of the fixture folder with the Python that runs this.

    python produce.py OUTDIR [--names FILE] [--status FILE] [--with MODULE]
                             [--as-main] [--self-contained] [--check-only]

Each case gives OUTDIR/NAME.pickle, which holds `(payload(), check)` by value. One JSON line
is written to the status file before and after each case, so that the runner knows the culprit of a
crash. `--with cloudpickle` dumps with another library, for comparison; `--check-only`
runs `check(payload())` right here and dumps nothing, which tests the case itself. A warning is a failure.
"""

import argparse
import importlib.util
import json
import os
import sys
import traceback
import types
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cases
from consume import strict


def load(case, as_main):
    """Execute the case file in a module of its own and return the module."""
    with warnings.catch_warnings():
        # What the compiler thinks of the text is the case's own affair: some are about text that is frowned upon.
        warnings.simplefilter("ignore")
        with open(case.path, "rb") as file:
            code = compile(file.read(), case.path, "exec", dont_inherit=True)
    # The name is importable nowhere: the receiver has to do with what the payload holds.
    name = "__main__" if as_main else "ck_case_" + case.name.replace(".", "_")
    if as_main:
        # As `python case.py` makes it: a module without a spec whose file is the script.
        module = types.ModuleType("__main__")
        module.__file__ = case.path
        module.__builtins__ = __builtins__
    else:
        module = importlib.util.module_from_spec(importlib.util.spec_from_file_location(name, case.path))
    sys.modules[name] = module
    exec(code, vars(module))
    return module


def make_dumps(library, self_contained):
    """Return `dumps(obj)` and `register(module)` of the library under test."""
    pickler = __import__(library)
    if library != "codepickle":
        return pickler.dumps, getattr(pickler, "register_pickle_by_value", lambda module: None)

    def dumps(obj):
        return pickler.dumps(obj, by_source=True, self_contained=self_contained)

    return dumps, pickler.register_pickle_by_value


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("outdir")
    parser.add_argument("--names")
    parser.add_argument("--status")
    parser.add_argument("--with", dest="library", default="codepickle")
    parser.add_argument("--as-main", action="store_true")
    parser.add_argument("--self-contained", action="store_true")
    parser.add_argument("--check-only", action="store_true")
    options = parser.parse_args()
    sys.dont_write_bytecode = True
    warnings.simplefilter("error")

    wanted = cases.find()
    if options.names:
        with open(options.names, encoding="utf-8") as file:
            names = set(file.read().split())
        wanted = [case for case in wanted if case.name in names]
    status = sys.stdout
    if options.status:
        status = open(options.status, "a", encoding="utf-8")  # noqa: SIM115 - open until the end

    def say(case, state, **more):
        status.write(json.dumps(dict(more, case=case.name, state=state)) + "\n")
        status.flush()

    def take(case):
        module = load(case, options.as_main)
        if options.check_only:
            module.check(module.payload())
            return
        if not options.as_main:
            register(module)
        data = dumps((module.payload(), module.check))
        with open(os.path.join(options.outdir, case.name + ".pickle"), "wb") as file:
            file.write(data)

    own_main = sys.modules["__main__"]
    if not options.check_only:
        dumps, register = make_dumps(options.library, options.self_contained)
    for case in wanted:
        if sys.version_info[:2] < case.min or not cases.available(case.requires):
            say(case, "skip")
            continue
        say(case, "start")
        try:
            strict(lambda case=case: take(case))
        except BaseException as error:
            short = "%s: %s" % (type(error).__name__, error)
            say(case, "fail", error=traceback.format_exc(), short=short)
        else:
            say(case, "ok")
        finally:
            sys.modules["__main__"] = own_main


if __name__ == "__main__":
    main()
