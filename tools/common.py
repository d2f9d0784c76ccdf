"""What the scripts of this folder share: paths, subprocesses, virtual environments, Pythons.

Standard library only, any Python from 3.8; everything that is made stays inside the checkout.
"""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

if sys.version_info < (3, 8):
    sys.exit(
        "the tools need Python 3.8 or later, this is %s (%s): call make with PYTHON=/path/to/another one"
        % (sys.version.split()[0], sys.executable)
    )

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
DIST = ROOT / "dist"
VENVS = ROOT / ".venv"
PACKAGE = ROOT / "python" / "codepickle"
IN_CI = os.environ.get("CI") == "true"

# One search for Pythons serves the tools, the matrix and the demo.
sys.path.insert(0, str(ROOT / "tests" / "matrix"))
import interpreters  # noqa: E402


class Failure(Exception):
    """Something that the user has to know and that needs no traceback."""


def main(function):
    """Run `function` as the main program: a Failure becomes a message and exit code 1."""
    try:
        sys.exit(function())
    except Failure as failure:
        sys.exit("error: %s" % failure)
    except KeyboardInterrupt:
        sys.exit(130)


def environment(**more):
    """The environment for a child: this one, without what would make one Python find another's modules."""
    dropped = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYENV_VERSION", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
    env = {key: value for key, value in os.environ.items() if key not in dropped}
    env.update({key: str(value) for key, value in more.items()})
    return env


def run(command, **options):
    """Run a command, its output going where ours goes; a Failure if it fails."""
    command = [str(part) for part in command]
    options.setdefault("env", environment())
    options.setdefault("cwd", str(ROOT))
    try:
        code = subprocess.call(command, **options)
    except FileNotFoundError:
        raise Failure(missing(command[0])) from None
    if code:
        raise Failure("exit code %d from: %s" % (code, " ".join(command)))


def missing(program):
    if program == "cargo":
        return "cargo was not found: Codepickle's core is Rust, install a toolchain with rustup"
    return "%s was not found" % program


def version():
    """The version, which is written down once: in Cargo.toml."""
    text = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    return re.search(r'^\[workspace\.package\][^\[]*?^version = "([^"]+)"', text, re.MULTILINE).group(1)


def pythons():
    """The Pythons of this machine that Codepickle serves, as {label: Interpreter}."""
    return {found.label: found for found in interpreters.find()}


def python_in(folder):
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def venv(name, packages=(), python=None):
    """Make the virtual environment .venv/NAME with `packages` from PyPI, or reuse it; returns its Python."""
    folder = VENVS / name
    python = str(python or sys.executable)
    inside = python_in(folder)
    # A changed list or another base Python makes it anew; otherwise nothing is asked of PyPI.
    state = hashlib.sha256("\n".join([python, *map(str, packages)]).encode()).hexdigest()
    stamp = folder / "codepickle-state"
    if inside.exists() and stamp.exists() and stamp.read_text() == state:
        return inside
    made = subprocess.run(
        [python, "-m", "venv", "--clear", str(folder)],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if made.returncode:
        raise Failure(
            "%s cannot make a virtual environment. On Debian and Ubuntu: apt install python3-venv; or call make with "
            "PYTHON=/path/to/a/complete/python. It said:\n%s" % (python, made.stdout.decode(errors="replace"))
        )
    if packages:
        pip(inside, "install", "--quiet", *packages)
    stamp.write_text(state)
    return inside


def pip(python, *arguments):
    # An old pip would only nag; what it can do is enough.
    run([python, "-m", "pip", "--disable-pip-version-check", *arguments])


def on_path(python):
    """An environment whose PATH begins with the folder of `python`: maturin looks for zig there."""
    folder = str(Path(python).parent)
    zig = {"CARGO_ZIGBUILD_CACHE_DIR": CACHE / "zigbuild", "ZIG_GLOBAL_CACHE_DIR": CACHE / "zig"}
    return environment(PATH=folder + os.pathsep + os.environ.get("PATH", ""), **zig)
