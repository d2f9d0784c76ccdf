"""``run`` and `PythonExecutor`: functions in other interpreters, of this machine, by ssh, or in a sandbox."""

from __future__ import annotations

import concurrent.futures
import pickle
import sys
import threading
import time
from collections import deque
from typing import Any, Callable, Deque, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple, TypeVar, Union

from . import _interpreters, _links
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


class _Future(concurrent.futures.Future):  # type: ignore[type-arg]  # of 3.7 and 3.8, where it takes none
    """Also a call that runs can be cancelled: its interpreter is stopped."""

    #: Stops the call while it runs.
    stop: Optional[Callable[[], None]] = None
    stopped = False

    def cancel(self) -> bool:
        if super().cancel():
            return True
        stop = self.stop
        if stop is None or self.done():
            return self.stopped
        self.stopped = True
        stop()
        return True

    def cancelled(self) -> bool:
        return super().cancelled() or (self.stopped and self.done())


class _Call(NamedTuple):
    future: _Future
    python: Optional[str]
    name: str
    parts: Tuple[bytes, ...]


class PythonExecutor(concurrent.futures.Executor):
    """Calls functions in interpreters of chosen versions; nothing has to be installed there.

    Args:
        pythons: Versions (``"3.8"``), paths or names of interpreters; ``"pyodide"`` for a sandbox; or execnet's
            specifications of a gateway, as ``"ssh=user@host//python=python3.9"``, for which the package execnet is
            needed: ``pip install 'codepickle[execnet]'``. One that is named twice runs twice.
        timeout: Seconds that a call may take. One that takes longer fails with `TimeoutError`, and its interpreter is
            stopped; a new one takes its place. A sandbox has 60 where nothing is said.
        environment: Lines of a requirements.txt, or what `requirements` returns: the interpreters of this machine run
            in a virtual environment that has these packages. `uv` makes it, once: ``pip install uv``.
        stdout: Takes what the functions print: a text stream; by default `sys.stdout` at that time.
        stderr: The same for what they write to `sys.stderr`.

    A call that ends its interpreter fails with `InterpreterDied`; the others go on. An exception comes back with the
    traceback from there as its cause. Cancelling the future of a call that runs stops its interpreter. Results come
    back by `pickle`, or where that refuses them by Codepickle, if there is one that dumps; from a sandbox, plain data
    alone.

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
        environment: Optional[Iterable[Any]] = None,
        stdout: Any = None,
        stderr: Any = None,
    ) -> None:
        if isinstance(pythons, str) or not pythons:
            raise TypeError("PythonExecutor() takes a list of interpreters, such as ['3.8', '3.13']")
        self._timeout = timeout
        self._streams = {b"stdout": stdout, b"stderr": stderr}
        self._calls: Deque[_Call] = deque()
        self._changed = threading.Condition()
        self._stopped = False
        packages = None if environment is None else _lines(environment)
        # All are looked up before the first is started.
        places = [_place(python, packages) for python in pythons]
        self._interpreters = [_Interpreter(self, python, place) for python, place in zip(pythons, places)]

    def submit(  # type: ignore[override]
        self, fn: Union[Callable[..., R], bytes], *args: Any, **kwargs: Any
    ) -> concurrent.futures.Future[R]:
        """Call ``fn(*args, **kwargs)`` in the next interpreter that is free.

        Args:
            fn: A function; or the payload of one, as `bytes`, which is loaded there and not here.

        Raises:
            RuntimeError: after `shutdown`.
            PicklingError: what is to be called cannot be sent.
        """
        return self.submit_to(None, fn, *args, **kwargs)

    def submit_to(
        self, python: Optional[str], fn: Union[Callable[..., R], bytes], *args: Any, **kwargs: Any
    ) -> concurrent.futures.Future[R]:
        """The same in one of `pythons`, by the name that was given there.

        Raises:
            ValueError: there is none of that name.
        """
        if python is not None and python not in [interpreter.python for interpreter in self._interpreters]:
            raise ValueError("this executor has no interpreter %r" % python)
        name = "a payload" if isinstance(fn, bytes) else getattr(fn, "__qualname__", type(fn).__name__)
        data = dumps((fn, args, kwargs), 4, self_contained=True)
        future = _Future()
        with self._changed:
            if self._stopped:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._calls.append(_Call(future, python, name, (data, *_loader()) if isinstance(fn, bytes) else (data,)))
            self._changed.notify_all()
        return future

    def map(
        self,
        fn: Callable[..., R],
        *iterables: Iterable[Any],
        timeout: Optional[float] = None,
        chunksize: int = 1,
        progress: bool = False,
    ) -> Iterator[R]:
        """As `map`, in all interpreters at once; the results come in the order of the arguments.

        Args:
            timeout: Seconds from now on until all results are there.
            chunksize: Without a meaning here, as in `ThreadPoolExecutor`.
            progress: Shows how many calls are done, with `tqdm`, where that is installed.
        """
        end = None if timeout is None else timeout + time.monotonic()
        futures: List[concurrent.futures.Future[R]] = [self.submit(fn, *args) for args in zip(*iterables)]
        bar = _bar(futures) if progress else None
        return _results(futures, end, bar)

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


def _results(futures: List[concurrent.futures.Future[R]], end: Optional[float], bar: Any) -> Iterator[R]:
    futures.reverse()
    try:
        while futures:
            # Taken out, so that a result is not kept here.
            yield futures.pop().result(None if end is None else end - time.monotonic())
    finally:
        for future in futures:
            future.cancel()
        if bar is not None:
            bar.close()


def _bar(futures: Sequence[concurrent.futures.Future[Any]]) -> Any:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    bar = tqdm(total=len(futures))
    lock = threading.Lock()

    def step(_: Any) -> None:
        with lock:
            bar.update()

    for future in futures:
        future.add_done_callback(step)
    return bar


class _Place:
    """An interpreter of this machine."""

    #: Seconds for a call where the executor has no limit.
    timeout: Optional[float] = None
    #: Bytes that a call may print.
    max_output: Optional[int] = None

    def __init__(self, path: str) -> None:
        self.path = path

    def start(self) -> Any:
        return _links.local(self.path)

    def result(self, data: bytes, name: str) -> Any:
        return pickle.loads(data)

    def exception(self, pickled: bytes, what: str) -> BaseException:
        if pickled:
            try:
                error = pickle.loads(pickled)
            except Exception:
                # Its module is missing here, say.
                error = None
            if isinstance(error, BaseException):
                return error
        return RemoteError(what)

    def shown(self, text: str) -> str:
        return text


class _Remote(_Place):
    """One that execnet reaches."""

    def start(self) -> Any:
        return _links.Gateway(self.path)


class _Sandboxed(_Place):
    """Pyodide; nothing that it says is trusted."""

    def __init__(self, spec: str) -> None:
        from . import _sandbox

        super().__init__(spec)
        self._module = _sandbox
        self._sandbox = _sandbox.Sandbox(spec)
        self.timeout = _sandbox.TIMEOUT
        self.max_output = _sandbox.OUTPUT

    def start(self) -> Any:
        return self._sandbox.start()

    def result(self, data: bytes, name: str) -> Any:
        return self._module.result(data, name)

    def exception(self, pickled: bytes, what: str) -> BaseException:
        return self._module.exception(pickled, what)

    def shown(self, text: str) -> str:
        return self._module.printable(text)


def _place(python: str, packages: Optional[List[str]]) -> _Place:
    sandboxed = python.partition("//")[0] == "pyodide"
    if not sandboxed and not ("//" in python or "=" in python):
        path = _interpreters.find(python)
        if packages is not None:
            from ._environments import environment

            path = environment(path, packages)
        return _Place(path)
    if packages is not None:
        raise ValueError("environments are made for interpreters of this machine, not for %r" % python)
    if sandboxed:
        return _Sandboxed(python)
    _links.execnet()
    return _Remote(python)


class _Interpreter:
    """One interpreter, and the thread that talks to it."""

    def __init__(self, executor: PythonExecutor, python: str, place: _Place) -> None:
        self.python = python
        self._executor = executor
        self._place = place
        self._link: Any = None
        self._current: Optional[_Future] = None
        self._lock = threading.Lock()
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
        future = call.future
        with self._lock:
            self._current = future
        future.stop = lambda: self._kill(future)
        result, failed = None, None
        try:
            result = self._execute(call)
        except BaseException as error:
            failed = error
        with self._lock:
            # From here on nobody stops the interpreter because of this call.
            self._current = future.stop = None
        if future.stopped:
            self._stop()
            future.set_exception(concurrent.futures.CancelledError("%s was stopped while it ran" % call.name))
        elif failed is not None:
            future.set_exception(failed)
        else:
            future.set_result(result)

    def _kill(self, future: _Future) -> None:
        with self._lock:
            if self._current is future and self._link is not None:
                self._link.kill()

    def _execute(self, call: _Call) -> Any:
        place = self._place
        limit = place.timeout if self._executor._timeout is None else self._executor._timeout
        try:
            if self._link is None:
                self._start(call.future)
            self._link.send(*call.parts)
            kind, rest = self._wait(call, limit)
        except _links.TimedOut:
            self._stop()
            raise concurrent.futures.TimeoutError(
                "%s took longer than %g s in Python %s, which was stopped" % (call.name, limit or 0, self.python)
            ) from None
        except _links.Closed as error:
            how = self._stop() or " (%s)" % error
            raise InterpreterDied(
                "Python %s (%s) ended while it ran %s%s" % (self.python, place.path, call.name, place.shown(how))
            ) from error
        if kind == b"result" and len(rest) == 1:
            return place.result(rest[0], call.name)
        if kind == b"error" and len(rest) == 3:
            pickled, text, what = rest
            raised = place.exception(pickled, place.shown(what.decode("utf-8", "replace")))
            raised.__cause__ = _RemoteTraceback(place.shown(text.decode("utf-8", "replace")))
            raise raised
        self._stop()
        raise InterpreterDied("Python %s answered %s with a message of no known kind" % (self.python, call.name))

    def _start(self, future: _Future) -> None:
        link = self._place.start()
        with self._lock:
            self._link = link
            if future.stopped:  # while there was nothing yet that could be stopped
                raise _links.Closed("it was stopped")

    def _wait(self, call: _Call, limit: Optional[float]) -> Tuple[bytes, List[bytes]]:
        """The answer; what is printed before it is passed on."""
        end = None if limit is None else time.monotonic() + limit
        left = self._place.max_output
        while True:
            kind, *rest = self._link.receive(None if end is None else max(end - time.monotonic(), 0))
            if kind not in (b"stdout", b"stderr") or len(rest) != 1:
                return kind, rest
            if left is not None:
                left -= len(rest[0])
                if left < 0:
                    self._link.kill()
                    raise _links.Closed("it printed more than %d bytes" % (self._place.max_output or 0))
            stream = self._executor._streams[kind] or getattr(sys, kind.decode())
            stream.write(self._place.shown(rest[0].decode("utf-8", "replace")))

    def _stop(self) -> str:
        """End the interpreter if it runs; how it ended, as a part of a sentence."""
        with self._lock:
            link, self._link = self._link, None
        return "" if link is None else str(link.stop())


def _loader() -> List[bytes]:
    """What a payload needs that is not self-contained: the wire's version, and the loader in its parts."""
    from . import _self_contained
    from ._runtime import WIRE_VERSION

    parts = [b"%d" % WIRE_VERSION]
    for source, compressed in (_self_contained.head(), _self_contained.lowered()):
        parts += [source.encode(), compressed]
    return parts


def _lines(environment: Iterable[Any]) -> List[str]:
    if isinstance(environment, str) or not hasattr(environment, "__iter__"):
        raise TypeError(
            "environment must be a list of requirements, such as ['numpy>=1.24'], "
            "or what codepickle.requirements returns"
        )
    from ._environments import lines_of

    return lines_of(environment)


def run(
    fn: Union[Callable[..., R], bytes],
    *args: Any,
    python: str,
    timeout: Optional[float] = None,
    environment: Union[bool, Iterable[Any]] = False,
    **kwargs: Any,
) -> R:
    """Call ``fn(*args, **kwargs)`` in another Python, and return its result.

    Args:
        fn: A function; it travels as source, and runs where nothing is installed. Or the payload of one, as `bytes`,
            which is loaded there and not here.
        python: As for `PythonExecutor`: a version, a path, a name on PATH, ``"pyodide"`` for a sandbox, or execnet's
            specification of a gateway.
        timeout: Seconds that the call may take.
        environment: As for `PythonExecutor`; True means what `requirements` finds in the function and its arguments.

    Raises:
        LookupError: there is no such Python; or no Node.js or Pyodide.
        InterpreterDied: it ended during the call.
        concurrent.futures.TimeoutError: the call took too long, and was stopped.

    What the function raises is raised here, with the traceback from there as its cause.

    >>> import codepickle
    >>> codepickle.run(lambda: __import__("sys").version_info[:2], python="3.8")  # doctest: +SKIP
    (3, 8)
    """
    packages: Optional[Iterable[Any]] = None
    if environment is True:
        from ._requirements import requirements

        packages = requirements(fn if isinstance(fn, bytes) else (fn, args, kwargs))
    elif environment is not False:
        packages = environment
    with PythonExecutor([python], timeout=timeout, environment=packages) as executor:
        return executor.submit(fn, *args, **kwargs).result()
