"""``python="pyodide"``: Python in WebAssembly, under Node, for functions that one does not trust."""

from __future__ import annotations

import builtins
import functools
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Dict, List, Tuple

from ._executor import RemoteError
from ._links import Closed, Pipes, TimedOut, far_side, parts_of
from ._policy import Policy, PolicyError

#: Seconds that a call may take where nothing is said.
TIMEOUT = 60.0
#: MiB of memory where nothing is said. Python itself takes some 40.
MEMORY = 512
#: Seconds in which Pyodide has to come up; it takes two on a machine that has time.
_START = 120.0
#: Bytes of one message: a result is limited as payloads are.
_MESSAGE = 64 << 20
#: Bytes that a call may print.
OUTPUT = 16 << 20

#: Exceptions that are raised here as they were there. Not those that mean something where they are raised: the end of
#: an iteration or of the program, a call that took too long.
_EXCEPTIONS = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type)
    and issubclass(value, Exception)
    and not issubclass(value, (StopIteration, StopAsyncIteration, TimeoutError))
)


class Sandbox:
    """What ``"pyodide"`` or ``"pyodide//memory=256//home=FOLDER"`` says, looked up before anything is started."""

    def __init__(self, spec: str) -> None:
        values = parts_of(spec)[1]
        unknown = set(values) - {"home", "memory", "node"}
        if unknown:
            raise ValueError(
                "%r: there is no %s; pyodide takes home, memory, node" % (spec, ", ".join(sorted(unknown)))
            )
        memory = values.get("memory", str(MEMORY))
        if not re.match(r"\d{2,4}$", memory) or not 64 <= int(memory) <= 4096:
            raise ValueError("memory must be MiB from 64 to 4096, not %r" % memory)
        self.memory = int(memory)
        self._node = _node(values.get("node"))
        self._home = _home(values.get("home"))

    def command(self) -> List[str]:
        script = os.path.realpath(os.path.join(os.path.dirname(__file__), "_sandbox.mjs"))
        permission = "--permission" if _version(self._node) >= (23, 5) else "--experimental-permission"
        return [
            self._node,
            "--no-warnings",
            permission,
            "--allow-fs-read=" + os.path.join(self._home, "*"),
            "--allow-fs-read=" + script,
            # What JavaScript has as text is not run: neither eval nor new Function.
            "--disallow-code-generation-from-strings",
            "--disable-proto=throw",
            "--no-addons",
            "--no-global-search-paths",
            # Pages of 64 KiB; the memory of WebAssembly is not in JavaScript's heap.
            "--wasm-max-mem-pages=%d" % (self.memory * 16),
            "--max-old-space-size=%d" % max(256, self.memory // 2),
            script,
            self._home,
        ]

    def start(self) -> Pipes:
        link = Pipes(self.command(), env=_environment(), cwd=self._home, keep_errors=True, max_message=_MESSAGE)
        try:
            if link.receive(_START)[0] != b"ready":
                raise Closed("it says something else than that it is ready")
            link.send(far_side().encode())
        except TimedOut:
            link.kill()
            raise Closed("Pyodide did not start within %d s%s" % (_START, link.stop())) from None
        except Closed as error:
            raise Closed("Pyodide did not start%s" % link.stop()) from error
        return link


def _environment() -> Dict[str, str]:
    """Nothing of ours; Windows starts no program without these."""
    return {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}


def _node(given: Any) -> str:
    found = shutil.which(given or "node")
    if found is None:
        raise LookupError(
            "no Node.js was found (%s), which runs Pyodide: install version 20 or later from https://nodejs.org, "
            "or name it: python='pyodide//node=PATH'" % (given or "node on PATH")
        )
    if _version(found) < (20, 0):
        raise LookupError(
            "%s is version %d.%d; its permission model, which the sandbox needs, is there from 20 on"
            % (found, *_version(found))
        )
    return found


@functools.lru_cache(maxsize=None)
def _version(node: str) -> Tuple[int, int]:
    try:
        done = subprocess.run([node, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        raise LookupError("%s cannot be run: %s" % (node, error)) from error
    found = re.match(rb"v(\d+)\.(\d+)\.", done.stdout)
    if not found:
        raise LookupError("%s does not tell its version: it says %r" % (node, done.stdout[:80]))
    return int(found.group(1)), int(found.group(2))


def _home(given: Any) -> str:
    """The folder of the npm package `pyodide`, without symbolic links: permissions are given for real paths."""
    named = given or os.environ.get("CODEPICKLE_PYODIDE")
    if named:
        candidates = [Path(named), Path(named, "node_modules", "pyodide")]
    else:
        here = Path.cwd()
        candidates = [folder / "node_modules" / "pyodide" for folder in (here, *here.parents)]
    for folder in candidates:
        if (folder / "pyodide.asm.wasm").is_file() and (folder / "pyodide.mjs").is_file():
            return os.path.realpath(str(folder))
    raise LookupError(
        "Pyodide was not found (%s): run `npm install pyodide`, and name the folder by the environment variable "
        "CODEPICKLE_PYODIDE, or by python='pyodide//home=FOLDER'"
        % (named or "no node_modules/pyodide in this folder or one above")
    )


def result(data: bytes, name: str) -> Any:
    """What a function returned, if it is plain data: any bytes may come from there."""
    try:
        return Policy().loads(data)
    except PolicyError as error:
        raise RemoteError(
            "the result of %s is not plain data, and nothing else is taken from a sandbox: %s" % (name, error)
        ) from None
    except Exception as error:
        raise RemoteError("the result of %s cannot be read: %s" % (name, error)) from None


def exception(described: bytes, what: str) -> BaseException:
    """An exception of there: the same of the built-in ones, by name and arguments, else a `RemoteError`."""
    if described:
        try:
            name, args = Policy(max_bytes=1 << 20).loads(described)
            if name in _EXCEPTIONS and type(args) is tuple:
                error: BaseException = getattr(builtins, name)(*args)
                return error
        except Exception:
            pass
    return RemoteError(what)


def printable(text: str) -> str:
    """Without what a terminal would take for a command."""
    return _CONTROL.sub(lambda found: found.group().encode("unicode_escape").decode("ascii"), text)


# Controls of C0 and C1 other than tab, newline and carriage return; what turns the direction of text.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
