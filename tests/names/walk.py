"""Tell the names of the standard library of the Python that runs this, as JSON.

    python walk.py FILE

Every module is imported, but for those that are tests, programs or jokes. `names` maps ``module:attribute`` to a list:
the object's number, its kind (``c`` class, ``f`` function, ``o`` other), what it says of itself (`__module__`,
`__qualname__`), whether that leads to it, and whether the module lists the attribute as public. `deprecated` are the names whose import or
access warns. Runs on every Python from 3.7; standard library only.
"""

import importlib
import io
import json
import os
import sys
import sysconfig
import types
import warnings

#: Tests, programs, jokes; what is installed beside the library; `dummy_threading` puts other classes into `threading`.
SKIPPED = frozenset(
    """
    __hello__ __main__ __phello__ __pycache__ _distutils_hack _dummy_thread _dummy_threading _pyrepl antigravity
    dist-packages distutils dummy_threading ensurepip idle_test idlelib lib-dynload lib2to3 pip pkg_resources
    setuptools site-packages sitecustomize test tests this turtledemo usercustomize xxlimited xxlimited_35 xxsubtype
    """.split()  # noqa: SIM905
)
SKIPPED_PREFIXES = ("_ctypes_test", "_pytest", "_sysconfigdata", "_test", "_xx", "hypothesis", "pyexpat_test")


def modules():
    """The names of all modules of the library, sorted."""
    found = set(sys.builtin_module_names) | set(getattr(sys, "stdlib_module_names", ()))
    folders = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), os.path.dirname(os.__file__)}
    folders |= {os.path.join(folder, "lib-dynload") for folder in folders}
    for folder in folders:
        found |= set(_scan(folder, ""))
    return sorted(
        name for name in found if not SKIPPED.intersection(name.split(".")) and not name.startswith(SKIPPED_PREFIXES)
    )


def _scan(folder, prefix):
    if not os.path.isdir(folder):
        return
    for entry in sorted(os.listdir(folder)):
        name = entry.split(".")[0]
        path = os.path.join(folder, entry)
        if not name.isidentifier() or name == "__init__" or name in SKIPPED:
            continue
        if os.path.isdir(path):
            if os.path.exists(os.path.join(path, "__init__.py")):
                yield prefix + name
                yield from _scan(path, prefix + name + ".")
        elif entry.endswith((".py", ".so", ".pyd")):
            yield prefix + name


def walk():
    """What the module's docstring says."""
    names, deprecated, keep = {}, [], []
    imported = []
    # All before the first look: some modules get more attributes when another is imported.
    for module_name in modules():
        module = _import(module_name)
        if module is not None:
            imported.append((module_name, module))
    for module_name, module in imported:
        warns_itself = _warns_of_itself(module_name)
        listed = getattr(module, "__all__", None)
        listed = None if listed is None else set(listed)
        for name in sorted(set(vars(module)) | (listed or set())):
            full = "%s:%s" % (module_name, name)
            value, warns = _attribute(module, name)
            if value is _MISSING or isinstance(value, types.ModuleType):
                continue
            keep.append(value)
            public = name in listed if listed is not None else None
            names[full] = [id(value), *_told(value), public]
            if warns or warns_itself:
                deprecated.append(full)
    numbers = {}
    for entry in names.values():
        entry[0] = numbers.setdefault(entry[0], len(numbers))
    return {"names": names, "deprecated": deprecated}


_MISSING = object()


def _import(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            importlib.import_module(name)
        except BaseException:  # of another platform, not built, or not to be imported: `SystemExit` too
            return None
    module = sys.modules.get(name)
    return module if isinstance(module, types.ModuleType) else None


def _warns_of_itself(name):
    """Whether the module says that it is deprecated when it is imported."""
    with open(os.devnull, "w") as null, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        module = sys.modules.pop(name)
        stdout, sys.stdout = sys.stdout, null
        try:
            if _has_deprecation(module):
                importlib.import_module(name)
        except BaseException:
            pass
        finally:
            sys.stdout = stdout
            sys.modules[name] = module
            package, _, last = name.rpartition(".")
            if package and last in vars(sys.modules[package]):
                setattr(sys.modules[package], last, module)
    return any(issubclass(warning.category, DeprecationWarning) for warning in caught)


def _has_deprecation(module):
    """Whether the text of a module speaks of it: to import anything else a second time is a risk for nothing."""
    file = getattr(module, "__file__", None)
    if not file or not file.endswith(".py"):
        return False
    with open(file, "rb") as source:
        text = source.read()
    return b"\nwarnings.warn(" in text or b"\nwarnings._deprecated(" in text or b"\n_warnings.warn(" in text


def _attribute(module, name):
    """(the attribute, whether it is deprecated)"""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = getattr(module, name)
        except Exception:
            return _MISSING, False
    return value, any(issubclass(warning.category, DeprecationWarning) for warning in caught)


def _told(value):
    """kind, `__module__`, `__qualname__`, and whether these lead to the object."""
    if isinstance(value, type):
        kind = "c"
    elif isinstance(value, types.FunctionType) or _is_builtin_function(value):
        kind = "f"
    else:
        return "o", None, None, False
    module, name = value.__module__, value.__qualname__
    if not isinstance(module, str):
        return kind, None, name, False
    found = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return kind, module, name, found is value


def _is_builtin_function(value):
    """Whether it is one, and no method."""
    kind = types.BuiltinFunctionType
    return isinstance(value, kind) and isinstance(value.__self__, (types.ModuleType, type(None)))


if __name__ == "__main__":
    with open(sys.argv[1], "w") as out:
        stdout, stderr = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = io.StringIO()
        try:
            walked = walk()
        finally:
            sys.stdout, sys.stderr = stdout, stderr
        json.dump(walked, out)
