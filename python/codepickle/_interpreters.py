"""Where the Pythons of this machine are."""

from __future__ import annotations

import glob
import os
import re
import shutil
import subprocess
import sys
from functools import lru_cache
from typing import Iterator


def find(python: str) -> str:
    """The path of an interpreter: of a version (``"3.8"``), of a name on PATH, or of a path.

    Raises:
        LookupError: there is none; the message says where it was looked for.
    """
    if not re.match(r"\d+\.\d+$", python):
        found = shutil.which(python)
        if found is None:
            raise LookupError("no interpreter %r was found, neither as a path nor on PATH" % python)
        return found
    return _of_version(python)


@lru_cache(maxsize=None)
def _of_version(version: str) -> str:
    for path in _candidates(version):
        if os.path.exists(path) and _answers(path, version):
            return path
    raise LookupError(
        "no Python %s was found: looked on PATH and in the folders of pyenv and uv. Install one, or give its path"
        % version
    )


def _candidates(version: str) -> Iterator[str]:
    if version == "%d.%d" % sys.version_info[:2]:
        yield sys.executable
    name = "python" + version
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        yield os.path.join(folder, name + (".exe" if os.name == "nt" else ""))
    inside = "python.exe" if os.name == "nt" else os.path.join("bin", "python")
    home = os.path.expanduser("~")
    pyenv = os.environ.get("PYENV_ROOT", os.path.join(home, ".pyenv"))
    yield from sorted(glob.glob(os.path.join(pyenv, "versions", version + ".*", inside)), reverse=True)
    uv = os.path.join(home, ".local", "share", "uv", "python", "cpython-%s.*" % version, inside)
    yield from sorted(glob.glob(uv), reverse=True)


def _answers(path: str, version: str) -> bool:
    """Whether it is what its name says: a shim of pyenv may have no interpreter behind it."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run(
            [path, "-I", "-S", "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.stdout.decode().strip() == version
