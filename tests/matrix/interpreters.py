"""Find the Pythons of this machine.

`CODEPICKLE_PYTHONS` (paths joined as in PATH) overrides the search. Otherwise: PATH, pyenv, uv, conda and what
.ci/newest-pythons made. One interpreter is kept for each implementation and minor version.

A Pyodide is a folder that holds the npm package `pyodide`; node runs it. `tools/prepare.py --pyodide` installs those
that are tested.
"""

import glob
import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKOUT = os.path.dirname(os.path.dirname(HERE))
# Pure Python that cases ask for and Pythons lack, for all of them: `tools/prepare.py` lays it out.
PACKAGES = os.path.join(CHECKOUT, ".cache", "packages")

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
# What has to be there in CI, and is named elsewhere if it is not. `pypy` stands for any PyPy.
PYTHONS = ["3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15", "pypy"]
PYODIDES = ["pyodide3.14", "pyodide3.15"]


class Interpreter:
    """A Python that was found and answered."""

    def __init__(self, path, facts):
        self.path = path
        #: What to call, and the first arguments.
        self.command = command_of(path)
        self.version = tuple(facts["version"])
        self.implementation = facts["implementation"]
        self.threaded = facts["threaded"]
        minor = "%d.%d" % self.version[:2]
        if is_pyodide(path):
            self.implementation = "pyodide"
        # The labels of the tables and of --require: 3.11, 3.14t, pypy3.9, pyodide3.14
        self.label = {"cpython": "", "pypy": "pypy"}.get(self.implementation, self.implementation)
        self.label += minor + ("t" if self.threaded else "")

    @property
    def can_dump(self):
        """Whether an abi3 extension module can be imported at all."""
        return self.implementation == "cpython" and not self.threaded

    def has(self, module):
        """Whether a module can be imported there, or from PACKAGES."""
        command = [*self.command, "-c", "import " + module]
        return not subprocess.call(command, env=environment(PACKAGES), stderr=subprocess.DEVNULL)

    @property
    def order(self):
        return (self.implementation != "cpython", self.implementation == "pyodide", self.version, self.threaded)


def environment(*folders):
    """What a Python is run with that imports from these folders, and from nowhere else that the user's variables name."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYENV_V"))}
    return dict(env, PYTHONDONTWRITEBYTECODE="1", PYTHONPATH=os.pathsep.join(folder for folder in folders if folder))


def is_pyodide(path):
    return os.path.isfile(os.path.join(path, "pyodide.mjs"))


def command_of(path):
    """How the Python at `path` is called; its own arguments follow."""
    if is_pyodide(path):
        # In KiB, half of what Linux gives a program: WebAssembly takes much more of it than machine code does.
        return [shutil.which("node") or "node", "--stack-size=4000", os.path.join(HERE, "pyodide.mjs"), path]
    return [path]


def pyodides():
    """The folders of npm's package that `tools/prepare.py --pyodide` installed."""
    return sorted(glob.glob(os.path.join(CHECKOUT, ".cache", "pyodide", "*", "node_modules", "pyodide")))


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
    yield from sorted(glob.glob(os.path.join(CHECKOUT, ".cache", "newest-pythons", "bin", "python3.*")))


def probe(path):
    """Return the Interpreter behind a path, or None if it is none that we serve."""
    try:
        out = subprocess.run(
            [*command_of(path), "-I", "-S", "-c", PROBE],
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


def find(pyodide=False):
    """One Interpreter per implementation and minor version, CPython first, oldest first; Pyodides if wanted."""
    found = {}
    seen = set()
    paths = list(candidates())
    if not os.environ.get("CODEPICKLE_PYTHONS"):
        paths += pyodides()
    for path in paths:
        if is_pyodide(path) and not pyodide:
            continue
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


def missing(found, wanted):
    """Those of the labels `wanted` that are not among the labels `found`."""

    def there(want):
        return any(label == want or (want == "pypy" and label.startswith(want)) for label in found)

    return [want for want in wanted if not there(want)]


if __name__ == "__main__":
    for interpreter in find(pyodide=True):
        print(interpreter.label, interpreter.path)
