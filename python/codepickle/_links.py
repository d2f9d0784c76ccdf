"""Connections of `PythonExecutor` to interpreters: pipes to a process of this machine, or a gateway of execnet."""

from __future__ import annotations

import contextlib
import os
import queue
import struct
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, Any, Dict, List, Optional, Sequence, Tuple

# What -c runs: the pipes move away from 0 and 1, which the functions and their child processes may use as they like;
# then comes the text of _far_side.py.
_BOOTSTRAP = """\
import os, sys
r, w, n = os.dup(0), os.dup(1), os.open(os.devnull, os.O_RDWR)
os.dup2(n, 0); os.dup2(2, 1); os.close(n)
r, w = os.fdopen(r, "rb"), os.fdopen(w, "wb")
exec(compile(r.read(int(r.readline())), "<codepickle far side>", "exec"), {"__name__": "__pipes__", "pipes": (r, w)})
"""

# A message: the number of its parts, their lengths, the parts.
_COUNT = struct.Struct(">B")
_LENGTH = struct.Struct(">Q")

#: How much of what an interpreter said at its end is shown.
_SHOWN = 2000


class Closed(Exception):
    """The other side has ended, or says what makes no sense."""


class TimedOut(Exception):
    """Nothing came in time."""


def far_side() -> str:
    return Path(__file__).with_name("_far_side.py").read_text(encoding="utf-8")


class Pipes:
    """A process that takes and gives messages by its standard input and output."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Optional[Dict[str, str]] = None,
        cwd: Optional[str] = None,
        keep_errors: bool = False,
        max_message: Optional[int] = None,
    ) -> None:
        self._max_message = max_message
        # A file, which nobody has to read while the process writes.
        self._errors: Optional[IO[bytes]] = tempfile.TemporaryFile() if keep_errors else None  # noqa: SIM115
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, env=env, cwd=cwd
        )
        # Few: a process that talks faster than its caller listens has to wait.
        self._messages: queue.Queue[Optional[List[bytes]]] = queue.Queue(8)
        self._stopped = False
        self._reader = threading.Thread(target=self._read, name="codepickle-pipe", daemon=True)
        self._reader.start()

    def send_text(self, text: str) -> None:
        """Text for the bootstrap to execute."""
        data = text.encode()
        self._write(b"%d\n%b" % (len(data), data))

    def send(self, *parts: bytes) -> None:
        self._write(_COUNT.pack(len(parts)) + b"".join(_LENGTH.pack(len(part)) for part in parts), *parts)

    def _write(self, *parts: bytes) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        try:
            for part in parts:
                stdin.write(part)
            stdin.flush()
        except (OSError, ValueError) as error:
            raise Closed("it takes nothing any more") from error

    def receive(self, timeout: Optional[float]) -> List[bytes]:
        try:
            message = self._messages.get(timeout=timeout)
        except queue.Empty:
            raise TimedOut() from None
        if message is None:
            raise Closed("it has closed its pipe")
        return message

    def _read(self) -> None:
        try:
            while not self._stopped:
                message = self._message()
                if not message:
                    break
                self._put(message)
        except (OSError, ValueError):
            pass
        self._put(None)

    def _put(self, message: Optional[List[bytes]]) -> None:
        while not self._stopped:
            try:
                self._messages.put(message, timeout=1)
            except queue.Full:
                continue
            return

    def _message(self) -> Optional[List[bytes]]:
        """None at the end, and where the other side does not keep to the format."""
        head = self._exactly(_COUNT.size)
        lengths = []
        for _ in range(_COUNT.unpack(head)[0] if head else 0):
            length = self._exactly(_LENGTH.size)
            if length is None:
                return None
            lengths.append(_LENGTH.unpack(length)[0])
        if self._max_message is not None and sum(lengths) > self._max_message:
            return None
        parts = []
        for each in lengths:
            part = self._exactly(each)
            if part is None:
                return None
            parts.append(part)
        return parts or None

    def _exactly(self, length: int) -> Optional[bytes]:
        stdout = self._process.stdout
        assert stdout is not None
        data = stdout.read(length)
        return data if len(data) == length else None

    def kill(self) -> None:
        """End it at once; may be called by any thread. What it was doing is answered by `Closed`."""
        self._process.kill()

    def stop(self) -> str:
        """End it if it runs; how it ended, as a part of a sentence."""
        self._stopped = True
        process = self._process
        code = _ended(process)
        how = ""
        if code is None:
            # One that waits for a call sees the end of its input, and can close what it has open.
            _close(process.stdin)
            try:
                process.wait(0.5 if self._idle() else 0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        elif code < 0:
            how = ", by signal %d" % -code
        else:
            how = ", with exit code %d" % code
        _close(process.stdin)
        self._reader.join(5)
        if not self._reader.is_alive():  # a child of its may hold the pipe
            _close(process.stdout)
        return how + self._last_words()

    def _idle(self) -> bool:
        return self._messages.empty()

    def _last_words(self) -> str:
        if self._errors is None:
            return ""
        with self._errors as errors:
            size = errors.seek(0, os.SEEK_END)
            errors.seek(max(0, size - _SHOWN))
            text = errors.read().decode("utf-8", "replace").strip()
        self._errors = None
        return ", saying:\n" + text if text else ""


def local(python: str) -> Pipes:
    """An interpreter of this machine, of any version from 3.7 on."""
    link = Pipes([python, "-u", "-c", _BOOTSTRAP])
    with contextlib.suppress(Closed):  # it ends at once: the first call says so
        here = os.path.dirname(os.path.abspath(__file__))
        link.send_text(far_side().replace("\nPACKAGE = None\n", "\nPACKAGE = %r\n" % here))
    return link


class Gateway:
    """An interpreter that execnet reaches: by ssh, for one."""

    def __init__(self, spec: str) -> None:
        self._execnet = execnet()
        self._group = self._execnet.Group()
        try:
            self._channel = self._group.makegateway(spec).remote_exec(far_side())
        except (EOFError, OSError, self._execnet.HostNotFound) as error:
            raise Closed(str(error) + self.stop()) from error

    def send(self, *parts: bytes) -> None:
        try:
            self._channel.send(parts)
        except (OSError, EOFError) as error:
            raise Closed(str(error)) from error

    def receive(self, timeout: Optional[float]) -> List[bytes]:
        try:
            return list(self._channel.receive(timeout))
        except self._execnet.TimeoutError:
            raise TimedOut() from None
        except (EOFError, OSError, self._execnet.RemoteError) as error:
            raise Closed(str(error)) from error

    def kill(self) -> None:
        for process in self._processes():
            process.kill()

    def stop(self) -> str:
        how = ""
        for process in self._processes():
            code = _ended(process)
            if code is None:
                process.kill()
            elif code < 0:
                how = ", by signal %d" % -code
            else:
                how = ", with exit code %d" % code
        self._group.terminate(timeout=1.0)
        return how

    def _processes(self) -> List[Any]:
        found = [getattr(getattr(gateway, "_io", None), "popen", None) for gateway in list(self._group)]
        return [process for process in found if process is not None]


def execnet() -> Any:
    try:
        import execnet
    except ImportError as error:
        raise ImportError(
            "interpreters of other machines are reached by execnet, which is not installed: "
            "pip install 'codepickle[execnet]'"
        ) from error
    return execnet


def _ended(process: Any) -> Optional[int]:
    """The exit code of a process whose pipe was closed, or None if it runs on."""
    for _ in range(20):
        code: Optional[int] = process.poll()
        if code is not None:
            return code
        time.sleep(0.005)
    return None


def _close(pipe: Optional[IO[bytes]]) -> None:
    if pipe is not None:
        with contextlib.suppress(OSError):
            pipe.close()


def parts_of(spec: str) -> Tuple[str, Dict[str, str]]:
    """``"pyodide//memory=256"`` -> its first part, and the values of the others."""
    name, *rest = spec.split("//")
    values = {}
    for each in rest:
        key, equals, value = each.partition("=")
        if not equals:
            raise ValueError("%r in %r has no value: write key=value" % (each, spec))
        values[key] = value
    return name, values
