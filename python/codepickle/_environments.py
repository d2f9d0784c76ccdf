"""Virtual environments with what a function needs, made by uv and kept."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from typing import Any, Iterable, List

from ._interpreters import find


def lines_of(requirements: Iterable[Any]) -> List[str]:
    """The packages in the lines of a requirements.txt, or in what `codepickle.requirements` returned."""
    from ._requirements import Requirements

    lines = str(requirements).splitlines() if isinstance(requirements, Requirements) else list(requirements)
    found = []
    for line in lines:
        if not isinstance(line, str):
            raise TypeError("a requirement is a line of text such as 'numpy>=1.24', not %r" % (line,))
        bare = line.partition(" #")[0].strip()
        if bare.startswith("-"):
            raise ValueError("%r is an option, not a package: an environment takes packages" % bare)
        if bare and not bare.startswith("#"):
            found.append(bare)
    return sorted(set(found))


def environment(python: str, packages: List[str]) -> str:
    """The interpreter of an environment of `python` that has `packages`; itself, if there are none.

    Raises:
        LookupError: there is no uv.
        RuntimeError: it could not be made; the message says what uv says.
    """
    if not packages:
        return python
    uv = _uv()
    python = os.path.realpath(find(python))
    name = hashlib.sha256("\n".join([python, *packages]).encode()).hexdigest()[:24]
    home = os.path.join(_cache(), "environments")
    folder = os.path.join(home, name)
    inside = os.path.join("Scripts", "python.exe") if os.name == "nt" else os.path.join("bin", "python")
    if os.path.exists(os.path.join(folder, inside)):
        return os.path.join(folder, inside)
    os.makedirs(home, exist_ok=True)
    # Made beside and moved: what is under its name is complete, also where two make it at once.
    beside = tempfile.mkdtemp(prefix=name + "-", dir=home)
    try:
        _call(uv, "venv", "--quiet", "--relocatable", "--allow-existing", "--python", python, beside, packages=packages)
        target = os.path.join(beside, inside)
        _call(uv, "pip", "install", "--quiet", "--python", target, "--", *packages, packages=packages)
        try:
            os.rename(beside, folder)
        except OSError:
            if not os.path.exists(os.path.join(folder, inside)):
                raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return os.path.join(folder, inside)


def _call(*command: str, packages: List[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise RuntimeError(
            "uv could not make an environment with %s. Where another Python has other versions of a package, give the "
            "lines yourself: environment=['numpy']. It said:\n%s"
            % (", ".join(packages), done.stdout.decode("utf-8", "replace").strip())
        )


def _uv() -> str:
    beside = os.path.join(os.path.dirname(sys.executable), "uv.exe" if os.name == "nt" else "uv")
    found = shutil.which("uv") or (beside if os.path.exists(beside) else None)
    if found is None:
        raise LookupError("environments are made by uv, which was not found on PATH: pip install uv")
    return found


def _cache() -> str:
    """Where programs of this system keep what they can make again."""
    given = os.environ.get("CODEPICKLE_CACHE_DIR")
    if given:
        return given
    home = os.path.expanduser("~")
    if os.name == "nt":
        return os.path.join(os.environ.get("LOCALAPPDATA", home), "codepickle", "cache")
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Caches", "codepickle")
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache"), "codepickle")
