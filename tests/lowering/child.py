"""Runs the module on standard input and prints what its calls did, as JSON; an argument names inserted lines: `3,4`."""

import asyncio
import inspect
import json
import os
import re
import sys
import types

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "python"))

from codepickle import _lowered  # noqa: E402

LOG = []
DONE = []


def log(value):
    """The value, noted."""
    LOG.append(repr(value))
    return value


def call(function, *args, **kwargs):
    """Call, and note the result, or the exception, the line at which it was raised in the module, and what was logged since the last."""
    try:
        result = function(*args, **kwargs)
        if inspect.iscoroutine(result):
            result = asyncio.run(result)
        elif inspect.isgenerator(result):
            result = list(result)
        outcome = ["returned", repr(result)]
    except Exception as error:
        lines = []
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            if code.co_name.startswith("<generic parameters of"):
                # From 3.12 on there is another frame around annotations and bases that may read type parameters.
                del lines[-1:]
            # A lambda inside a lambda is another frame on the line.
            if code.co_filename == "<case>" and lines[-1:] != [trace.tb_lineno]:
                lines.append(trace.tb_lineno)
            trace = trace.tb_next
        outcome = ["raised", type(error).__name__, message(error), lines]
    DONE.append(["%s %r %r" % (getattr(function, "__name__", function), args, sorted(kwargs)), outcome, list(LOG)])
    del LOG[:]


#: Messages that versions word differently.
VARY = ("positional arg", "positional-only", "unexpected keyword", "referenced before", "not associated with")


def message(error):
    """What versions say alike."""
    text = str(error).replace("must be a type", "must be a class")
    return "" if any(part in text for part in VARY) else text


def run(text, inserted, **names):
    """What the calls of the module did; its name is `case`."""
    del DONE[:], LOG[:]
    module = types.ModuleType("case")
    sys.modules["case"] = module
    module.__dict__.update(_ck=_lowered, log=log, call=call, **names)
    exec(_lowered.compile_lines(text, "<case>", inserted), module.__dict__)
    return json.loads(re.sub(" at 0x[0-9a-f]+", "", json.dumps(DONE)))


if __name__ == "__main__":
    inserted = [int(line) for line in sys.argv[1].split(",") if line]
    print(json.dumps(run(sys.stdin.read(), inserted)))
