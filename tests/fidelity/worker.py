"""Import modules, dump every function found in them by value, load it, and compare the code objects.

Reads names of modules from standard input and writes one JSON object a line to the file CODEPICKLE_STATUS.
"""

import gc
import importlib
import json
import linecache
import os
import pickle
import sys
import types
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import codepickle
import compare
import modules

# What a namespace tells about where the source is; nothing else of it is wanted.
_PLACE = ["__name__", "__file__", "__spec__", "__loader__", "__package__"]


def empty_cell():
    if False:
        cell = None
    return (lambda: cell).__closure__[0]


def alone(function):
    """A function with the same code and nothing around it that could travel."""
    namespace = {name: function.__globals__[name] for name in _PLACE if name in function.__globals__}
    cells = tuple([empty_cell() for _ in function.__code__.co_freevars]) or None
    copy = types.FunctionType(function.__code__, namespace, function.__name__, None, cells)
    copy.__qualname__ = function.__qualname__
    copy.__module__ = function.__module__
    return copy


def measure(function, neutral):
    """('identical' | 'module facts' | 'refused' | 'wrong', explanation)."""
    code = function.__code__
    where = "%s (%s:%d)" % (function.__qualname__, function.__module__, code.co_firstlineno)
    copy = alone(function)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            data = codepickle.dumps(copy, by_source=True, pickle_by_reference=lambda obj: obj is not copy)
    except pickle.PicklingError as error:
        return "refused", "%s: %s" % (where, error)
    except Exception as error:
        return "wrong", "%s: dumps raised %r" % (where, error)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            loaded = pickle.loads(data).__code__
    except Exception as error:
        return "wrong", "%s: loads raised %r" % (where, error)
    if loaded is code:
        return "wrong", "%s went by reference" % where
    differs = compare.difference(code, loaded)
    if differs is None:
        return "identical", None
    # Candidates share a name and a line only where two lambdas stand on one line.
    for candidate in neutral.of(function):
        if compare.difference(candidate, loaded) is None:
            return "module facts", None
    return "wrong", "%s: %s" % (where, differs[:400])


class Neutral:
    """The files compiled without module facts, the last one remembered: functions come file by file."""

    def __init__(self):
        self.file = None
        self.codes = {}

    def of(self, function):
        """What the function's code may be, without module facts."""
        file = function.__globals__.get("__file__")
        if file != self.file:
            self.file, self.codes = file, {}
            # On 3.8 to 3.10 some of the frozen modules do not tell where their source is.
            if file is not None:
                with open(file, "rb") as source:
                    self.codes = compare.without_module_facts(source.read(), file)
        return self.codes.get(compare.key(function.__code__), ())


def new_functions(seen):
    """(functions of the standard library made since the last call, {kind: how many were generated}).

    From 3.14 on the compiler makes functions for annotations, type aliases and bounds, which are no one's `def` or
    `lambda`: what they evaluate travels with what they belong to.
    """
    gc.collect()
    own, generated = [], {}
    for function in (obj for obj in gc.get_objects() if type(obj) is types.FunctionType):
        code = function.__code__
        if id(code) in seen:
            continue
        if modules.is_inside(code.co_filename):
            seen[id(code)] = code
            if code.co_varnames[:1] == (".format",) or function.__name__ == "__annotate__":
                generated["annotations"] = generated.get("annotations", 0) + 1
            else:
                own.append(function)
        elif code.co_filename.startswith("<"):
            seen[id(code)] = code
            kind = "%s of %s" % (function.__name__, code.co_filename)
            generated[kind] = generated.get(kind, 0) + 1
    # Out of sight of the next call, which would go through a hundred thousand objects otherwise.
    gc.freeze()
    own.sort(key=lambda function: (function.__code__.co_filename, function.__code__.co_firstlineno))
    return own, generated


def main():
    path = os.environ.pop("CODEPICKLE_STATUS")
    names = sys.stdin.read().split()
    own_main = sys.modules["__main__"]

    def say(what, module, **more):
        # Opened each time: an imported module may close or divert what is open.
        with open(path, "a", encoding="utf-8") as status:
            status.write(json.dumps(dict(more, what=what, module=module)) + "\n")

    seen = {}
    neutral = Neutral()
    for name in names:
        say("start", name)
        try:
            importlib.import_module(name)
        except BaseException as error:  # SystemExit, too: some modules are for other systems
            say("not imported", name, why="%s: %s" % (type(error).__name__, error))
            say("done", name)
            continue
        finally:
            sys.modules["__main__"] = own_main
        counts, refused, wrong = {}, [], []
        own, generated = new_functions(seen)
        for function in own:
            kind, why = measure(function, neutral)
            counts[kind] = counts.get(kind, 0) + 1
            if kind == "refused":
                refused.append(why)
            elif kind == "wrong":
                wrong.append(why)
        linecache.clearcache()
        say("functions", name, counts=counts, refused=refused, wrong=wrong, generated=generated)
        say("done", name)


if __name__ == "__main__":
    main()
