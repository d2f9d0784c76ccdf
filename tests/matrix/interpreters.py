"""Find the Pythons of this machine.

`CODEPICKLE_PYTHONS` (paths joined as in PATH) overrides the search. Otherwise: PATH, pyenv, uv and
conda. One interpreter is kept for each implementation and minor version.
"""

import glob
import json
import os
import subprocess
import sys

PROBE = """
import json, sys
print(json.dumps({
    "implementation": sys.implementation.name,
    "version": list(sys.version_info[:3]),
    "threaded": not getattr(sys, "_is_gil_enabled", lambda: True)(),
    "executable": sys.executable,
}))
"""

OLDEST = (3, 7)


class Interpreter:
    """A Python that was found and answered."""

    def __init__(self, path, facts):
        self.path = path
        self.version = tuple(facts["version"])
        self.implementation = facts["implementation"]
        self.threaded = facts["threaded"]
        minor = "%d.%d" % self.version[:2]
        # The labels of the tables and of --require: 3.11, 3.14t, pypy3.9
        self.label = {"cpython": "", "pypy": "pypy"}.get(self.implementation, self.implementation)
        self.label += minor + ("t" if self.threaded else "")

    @property
    def can_dump(self):
        """Whether an abi3 extension module can be imported at all."""
        return self.implementation == "cpython" and not self.threaded

    @property
    def order(self):
        return (self.implementation != "cpython", self.version, self.threaded)


def candidates():
    """Paths that look like a Python, best first."""
    if os.environ.get("CODEPICKLE_PYTHONS"):
        yield from os.environ["CODEPICKLE_PYTHONS"].split(os.pathsep)
        return
    yield sys.executable
    home = os.path.expanduser("~")
    roots = [
        os.environ.get("PYENV_ROOT", os.path.join(home, ".pyenv")) + "/versions/*",
        os.path.join(home, ".local", "share", "uv", "python", "*"),
        os.path.join(home, "*conda3", "envs", "*"),
    ]
    suffix = "/python.exe" if os.name == "nt" else "/bin/python3"
    for root in roots:
        yield from sorted(glob.glob(root + suffix))
    names = ["python3.%d" % minor for minor in range(7, 20)] + ["pypy3", "python3", "python"]
    for name in names:
        for folder in os.environ.get("PATH", "").split(os.pathsep):
            path = os.path.join(folder, name + (".exe" if os.name == "nt" else ""))
            if os.path.exists(path):
                yield path


def probe(path):
    """Return the Interpreter behind a path, or None if it is none that we serve."""
    try:
        out = subprocess.run(
            [path, "-I", "-S", "-c", PROBE],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=20,
            check=True,
        ).stdout
        facts = json.loads(out.decode())
    except (OSError, subprocess.SubprocessError, ValueError):
        return None  # A pyenv shim for a version that is not selected fails like this.
    if tuple(facts["version"]) < OLDEST:
        return None
    return Interpreter(path, facts)


def find():
    """One Interpreter per implementation and minor version, CPython first, oldest first."""
    found = {}
    seen = set()
    for path in candidates():
        real = os.path.realpath(path)
        # A pyenv shim is one script under many names: tell those by the name.
        key = path if "shims" in path else real
        if key in seen:
            continue
        seen.add(key)
        interpreter = probe(path)
        if interpreter is not None:
            found.setdefault(interpreter.label, interpreter)
    return sorted(found.values(), key=lambda interpreter: interpreter.order)


if __name__ == "__main__":
    for interpreter in find():
        print(interpreter.label, interpreter.path)
