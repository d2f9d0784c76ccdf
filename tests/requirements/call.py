"""Load a payload in a fresh process, call what it holds, and print which modules that imported.

    python call.py PAYLOAD SETUP CALL

SETUP runs first, CALL is an expression over `obj`. Counted is what the payload imports when it is loaded, and what its
own code imports when it runs; what these modules import in turn is their distributions' business.
"""

import builtins
import dis
import importlib
import importlib.util
import json
import pickle
import sys
import types

found = set()


def is_ours(frame):
    """Whether an import was asked for by code that came in the payload, or by the runtime on its behalf."""
    filename = frame.f_code.co_filename.replace("\\", "/")
    return filename.startswith("<codepickle ") or filename.endswith("codepickle/_runtime.py")


def is_statement(frame):
    """Whether an import was asked for by the code itself: numpy's, in C, has no frame of its own."""
    operation = frame.f_code.co_code[frame.f_lasti]
    return dis.opname[operation].startswith("IMPORT_NAME") or "__import__" in frame.f_code.co_names


def note(module, names=()):
    submodules = ["%s.%s" % (module, name) for name in names or ()]
    submodules = [name for name in submodules if isinstance(sys.modules.get(name), types.ModuleType)]
    found.update(submodules)
    if not submodules or len(submodules) < len(names):
        found.add(module)


def watch_imports():
    original_import, original_import_module = builtins.__import__, importlib.import_module

    def recorder(name, globals=None, locals=None, fromlist=(), level=0):
        imported = original_import(name, globals, locals, fromlist, level)
        frame = sys._getframe(1)
        if is_ours(frame) and is_statement(frame):
            package = globals.get("__package__") if level else None
            note(importlib.util.resolve_name("." * level + name, package), fromlist)
        return imported

    def import_module(name, package=None):
        imported = original_import_module(name, package)
        if is_ours(sys._getframe(1)):
            note(importlib.util.resolve_name(name, package))
        return imported

    builtins.__import__ = recorder
    importlib.import_module = import_module


class Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if module != "codepickle._runtime":
            note(module)
        return super().find_class(module, name)


def main():
    path, setup, call = sys.argv[1:]
    namespace = {}
    exec(setup, namespace)
    watch_imports()
    with open(path, "rb") as file:
        namespace["obj"] = Unpickler(file).load()
    eval(call, namespace)
    print(json.dumps(sorted(found)))


main()
