"""Dump or load instances of the standard library with the Python that runs this.

    python worker.py FOLDER --names FILE --status FILE --since
    python worker.py FOLDER --names FILE --status FILE --dump
    python worker.py FOLDER --names FILE --status FILE

The first says which entries this Python has, the second dumps them into FOLDER/NAME.pickle (those that are to be refused
must be), the third loads what is there with `pickle.loads` and checks it. One JSON line goes to the status file before and after
each entry, so that the runner knows the culprit of a crash.
"""

import argparse
import json
import os
import pickle
import re
import sys
import traceback
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import table


def dump(entry, folder):
    import codepickle

    if entry.pattern is None:
        data = codepickle.dumps(entry.make())
        with open(os.path.join(folder, entry.name + ".pickle"), "wb") as file:
            file.write(data)
        return
    obj = entry.make()
    try:
        codepickle.dumps({"here": [obj]})
    except pickle.PicklingError as error:
        text = str(error)
        if not re.search(entry.pattern, text) or "['here'][0]" not in text:
            raise AssertionError("refused, but with the text: " + text) from error
    else:
        raise AssertionError("not refused")


def load(entry, folder):
    with open(os.path.join(folder, entry.name + ".pickle"), "rb") as file:
        obj = pickle.loads(file.read())
    reason = entry.passes(obj)
    if reason:
        raise AssertionError(reason)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--names")
    parser.add_argument("--status")
    parser.add_argument("--dump", action="store_true")
    options = parser.parse_args()
    # What is deprecated here must not be needed to load; makers may use it.
    warnings.simplefilter("ignore" if options.dump else "error")

    entries = table.find()
    with open(options.names, encoding="utf-8") as file:
        names = file.read().split()
    with open(options.status, "a", encoding="utf-8") as status:

        def say(name, state, **more):
            status.write(json.dumps(dict(more, case=name, state=state)) + "\n")
            status.flush()

        for name in names:
            say(name, "start")
            try:
                (dump if options.dump else load)(entries[name], options.folder)
            except BaseException as error:
                say(name, "fail", error=traceback.format_exc(), short="%s: %s" % (type(error).__name__, error))
            else:
                say(name, "ok")


if __name__ == "__main__":
    main()
