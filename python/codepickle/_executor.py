"""``run`` and `PythonExecutor`: functions in other interpreters, of this machine or by ssh, by means of execnet."""

from __future__ import annotations

import concurrent.futures
import pickle
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any, Callable, Deque, NamedTuple, Optional, Sequence, TypeVar

from . import _interpreters
from ._pickler import dumps

R = TypeVar("R")


class InterpreterDied(concurrent.futures.BrokenExecutor):
    """The interpreter ended in the middle of a call, or could not be started."""


class RemoteError(Exception):
    """An exception of a call whose type cannot be sent here: the message has its name and text."""


class _RemoteTraceback(Exception):
    """The cause of an exception of a call: where it was raised there."""

    def __str__(self) -> str:
        return '\n"""\n%s"""' % self.args[0]


class _Call(NamedTuple):
    future: Any
    python: Optional[str]
    name: str
    data: bytes


class PythonExecutor(concurrent.futures.Executor):
    """Calls functions in interpreters of chosen versions; nothing has to be installed there.

    Args:
        pythons: Versions (``"3.8"``), paths or names of interpreters, or execnet's specifications of a gateway, as
            ``"ssh=user@host//python=python3.9"``. One that is named twice runs twice.
        timeout: Seconds that a call may take. One that takes longer fails with `TimeoutError`, and its interpreter is
            stopped; a new one takes its place.
        stdout: Takes what the functions print: a text stream; by default `sys.stdout` at that time.
        stderr: The same for what they write to `sys.stderr`.

    A call that ends its interpreter fails with `InterpreterDied`; the others go on. An exception comes back with the
    traceback from there as its cause. Results come back by plain `pickle` unless Codepickle was imported there.

    It needs the package execnet: ``pip install 'codepickle[execnet]'``.

    >>> import sys, codepickle
    >>> with codepickle.PythonExecutor([sys.executable]) as pool:  # doctest: +SKIP
    ...     list(pool.map(lambda x: x * x, [1, 2, 3]))
    [1, 4, 9]
    """

    def __init__(
        self,
        pythons: Sequence[str],
        *,
        timeout: Optional[float] = None,
        stdout: Any = None,
        stderr: Any = None,
    ) -> None:
        if isinstance(pythons, str) or not pythons:
            raise TypeError("PythonExecutor() takes a list of interpreters, such as ['3.8', '3.13']")
        _execnet()
        self._timeout = timeout
        self._streams = {"stdout": stdout, "stderr": stderr}
        self._calls: Deque[_Call] = deque()
        self._changed = threading.Condition()
        self._stopped = False
        # All are looked up before the first is started.
        specs = [(python, _spec(python)) for python in pythons]
        self._interpreters = [_Interpreter(self, python, spec) for python, spec in specs]

    def submit(  # type: ignore[override]
        self, fn: Callable[..., R], *args: Any, **kwargs: Any
    ) -> concurrent.futures.Future[R]:
        """Call ``fn(*args, **kwargs)`` in the next interpreter that is free.

        Raises:
            RuntimeError: after `shutdown`.
            PicklingError: what is to be called cannot be sent.
        """
        return self.submit_to(None, fn, *args, **kwargs)

    def submit_to(
        self, python: Optional[str], fn: Callable[..., R], *args: Any, **kwargs: Any
    ) -> concurrent.futures.Future[R]:
        """The same in one of `pythons`, by the name that was given there.

        Raises:
            ValueError: there is none of that name.
        """
        if python is not None and python not in [interpreter.python for interpreter in self._interpreters]:
            raise ValueError("this executor has no interpreter %r" % python)
        name = getattr(fn, "__qualname__", type(fn).__name__)
        data = dumps((fn, args, kwargs), 4, self_contained=True)
        future: concurrent.futures.Future[R] = concurrent.futures.Future()
        with self._changed:
            if self._stopped:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._calls.append(_Call(future, python, name, data))
            self._changed.notify_all()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; with `cancel_futures`, cancel those that have not begun. Then end the interpreters."""
        with self._changed:
            self._stopped = True
            if cancel_futures:
                for call in self._calls:
                    call.future.cancel()
                    call.future.set_running_or_notify_cancel()
                self._calls.clear()
            self._changed.notify_all()
        if wait:
            for interpreter in self._interpreters:
                interpreter.thread.join()

    def _next(self, python: str) -> Optional[_Call]:
        """The next call for an interpreter, when there is one; None when there will be no more."""
        with self._changed:
            while True:
                for call in self._calls:
                    if call.python in (None, python):
                        self._calls.remove(call)
                        return call
                if self._stopped:
                    return None
                self._changed.wait()


class _Interpreter:
    """One interpreter, and the thread that talks to it."""

    def __init__(self, executor: PythonExecutor, python: str, spec: str) -> None:
        self.python = python
        self._executor = executor
        self._spec = spec
        self._group = _execnet().Group()
        self._channel: Any = None
        # At the interpreter's end a program that forgot `shutdown` does not hang.
        self.thread = threading.Thread(target=self._work, name="codepickle-" + python, daemon=True)
        self.thread.start()

    def _work(self) -> None:
        try:
            while True:
                call = self._executor._next(self.python)
                if call is None:
                    return
                if call.future.set_running_or_notify_cancel():
                    self._answer(call)
                # The future keeps the result; it must not be kept here until the next call.
                del call
        finally:
            self._stop()

    def _answer(self, call: _Call) -> None:
        try:
            result = self._execute(call)
        except BaseException as error:
            call.future.set_exception(error)
        else:
            call.future.set_result(result)

    def _execute(self, call: _Call) -> Any:
        execnet = _execnet()
        limit = self._executor._timeout
        try:
            if self._channel is None:
                self._start()
            self._channel.send(call.data)
            end = None if limit is None else time.monotonic() + limit
            while True:
                kind, *rest = self._channel.receive(None if end is None else max(end - time.monotonic(), 0))
                if kind not in ("stdout", "stderr"):
                    break
                stream = self._executor._streams[kind] or getattr(sys, kind)
                stream.write(rest[0].decode("utf-8", "replace"))
        except execnet.TimeoutError:
            self._stop()
            raise concurrent.futures.TimeoutError(
                "%s took longer than %g s in Python %s, which was stopped" % (call.name, limit or 0, self.python)
            ) from None
        except (EOFError, OSError, execnet.RemoteError, execnet.HostNotFound) as error:
            how = self._stop()
            raise InterpreterDied(
                "Python %s (%s) ended while it ran %s%s" % (self.python, self._spec, call.name, how)
            ) from error
        if kind == "result":
            return pickle.loads(rest[0])
        raise _exception(*rest)

    def _start(self) -> None:
        gateway = self._group.makegateway(self._spec)
        source = Path(__file__).with_name("_far_side.py").read_text(encoding="utf-8")
        self._channel = gateway.remote_exec(source)

    def _stop(self) -> str:
        """End the interpreter if it runs; how it ended, as a part of a sentence."""
        self._channel = None
        how = ""
        for gateway in list(self._group):
            process = getattr(getattr(gateway, "_io", None), "popen", None)
            if process is not None:
                code = _ended(process)
                if code is None:
                    process.kill()
                elif code < 0:
                    how = ", by signal %d" % -code
                else:
                    how = ", with exit code %d" % code
        self._group.terminate(timeout=1.0)
        return how


def _ended(process: Any) -> Optional[int]:
    """The exit code of a process whose pipe was closed, or None if it runs on."""
    for _ in range(20):
        code: Optional[int] = process.poll()
        if code is not None:
            return code
        time.sleep(0.005)
    return None


def _exception(pickled: bytes, text: bytes, what: bytes) -> BaseException:
    error: Optional[BaseException] = None
    if pickled:
        try:
            error = pickle.loads(pickled)
        except Exception:
            # Its module is missing here, say.
            error = None
    if not isinstance(error, BaseException):
        error = RemoteError(what.decode("utf-8", "replace"))
    error.__cause__ = _RemoteTraceback(text.decode("utf-8", "replace"))
    return error


def _spec(python: str) -> str:
    if "//" in python or "=" in python:
        return python
    # What execnet would take apart at blanks is quoted as a shell would have it.
    return "popen//python=" + _interpreters.find(python).replace("\\", "\\\\").replace(" ", "\\ ")


def _execnet() -> Any:
    try:
        import execnet
    except ImportError as error:
        raise ImportError(
            "other interpreters are reached by execnet, which is not installed: pip install 'codepickle[execnet]'"
        ) from error
    return execnet


def run(
    fn: Callable[..., R],
    *args: Any,
    python: str,
    timeout: Optional[float] = None,
    **kwargs: Any,
) -> R:
    """Call ``fn(*args, **kwargs)`` in another Python, and return its result.

    Args:
        fn: A function; it travels as source, and runs where nothing is installed.
        python: As for `PythonExecutor`: a version, a path, a name on PATH, or execnet's specification of a gateway.
        timeout: Seconds that the call may take.

    Raises:
        LookupError: there is no such Python.
        InterpreterDied: it ended during the call.
        concurrent.futures.TimeoutError: the call took too long, and was stopped.

    What the function raises is raised here, with the traceback from there as its cause.

    >>> import codepickle
    >>> codepickle.run(lambda: __import__("sys").version_info[:2], python="3.8")  # doctest: +SKIP
    (3, 8)
    """
    with PythonExecutor([python], timeout=timeout) as executor:
        return executor.submit(fn, *args, **kwargs).result()
