"""The modules of the standard library, and those that are better not imported."""

import os
import sysconfig

ROOT = sysconfig.get_paths()["stdlib"]

#: {beginning of a name: why it is not imported}
NOT_IMPORTED = {
    "antigravity": "opens a web browser",
    "this": "prints",
    "__phello__": "prints",
    "__hello__": "prints",
    "test": "CPython's own tests, which take over the interpreter when imported",
    "idlelib": "an application, which expects a display",
    "turtledemo": "an application, which expects a display",
    "lib2to3.pgen2.conv": "refers to a module that does not exist",
    "site-packages": "not the standard library",
    "dist-packages": "not the standard library",
}
_TESTS = "tests inside a package"
_MAIN = "a __main__ module is a program"


def find():
    """(names to import, {name: why not})."""
    names, skipped = [], {}
    for folder, folders, files in os.walk(ROOT):
        relative = os.path.relpath(folder, ROOT)
        parts = [] if relative == "." else relative.split(os.sep)
        # lib-dynload, config-3.8-...: no packages
        folders[:] = sorted(name for name in folders if name.isidentifier() and name != "__pycache__")
        for file in sorted(files):
            if not file.endswith(".py"):
                continue
            stem = file[: -len(".py")]
            name = ".".join(parts if stem == "__init__" else [*parts, stem])
            if not name.replace(".", "_").isidentifier():
                continue
            reason = why_not(name)
            if reason:
                skipped[name] = reason
            else:
                names.append(name)
    return names, skipped


def why_not(name):
    """Why a module is not imported, or None."""
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        if ".".join(parts[:end]) in NOT_IMPORTED:
            return NOT_IMPORTED[".".join(parts[:end])]
    if parts[-1] == "__main__":
        return _MAIN
    if any(part in ("test", "tests") for part in parts[1:]):
        return _TESTS
    return None


def is_inside(filename):
    """Whether code of this file name is the standard library's."""
    if filename.startswith("<frozen "):
        return True
    return filename.startswith(ROOT + os.sep) and "-packages" + os.sep not in filename
