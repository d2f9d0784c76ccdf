"""What an interpreter of `PythonExecutor` runs: calls functions and sends back what became of them.

It is sent as text to a Python that may have nothing installed: standard library only, Python 3.7 and later. `channel`
is execnet's, or a `Channel`: it takes and gives messages, which are tuples of bytes.
"""

import contextlib
import os
import pickle
import queue
import struct
import sys
import threading
import time
import traceback


class Channel:
    """Messages by a pair of pipes: the number of parts, their lengths, the parts."""

    def __init__(self, source, target):
        self._source = source
        self._target = target
        # What the functions print comes from any thread.
        self._lock = threading.Lock()
        self._working = False

    def send(self, parts):
        head = struct.pack(">B%dQ" % len(parts), len(parts), *map(len, parts))
        with self._lock:
            self._target.write(head + b"".join(parts))
            self._target.flush()

    def __iter__(self):
        messages = queue.SimpleQueue()
        threading.Thread(target=self._read, args=(messages.put,), daemon=True).start()
        for parts in iter(messages.get, None):
            self._working = True
            yield parts
            self._working = False

    def _read(self, put):
        while True:
            count = self._source.read(1)
            if not count:
                put(None)
                time.sleep(1)  # an answer may just have been sent: then the end is an ordinary one
                # The caller has gone: nobody waits for the answer, and nobody could stop a call that has no end.
                if self._working:
                    os._exit(1)
                return
            lengths = struct.unpack(">%dQ" % count[0], self._source.read(8 * count[0]))
            put(tuple(self._source.read(length) for length in lengths))


class Sent:
    """A text stream: what is written goes to the caller at once."""

    encoding = "utf-8"
    errors = "strict"

    def __init__(self, channel, kind):
        self._channel = channel
        self._kind = kind

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError("write() argument must be str, not %s" % type(text).__name__)
        if text:
            self._channel.send((self._kind, text.encode("utf-8", "backslashreplace")))
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        pass

    def isatty(self):
        return False

    def writable(self):
        return True


def serve(channel):
    for parts in channel:
        with contextlib.redirect_stdout(Sent(channel, b"stdout")), contextlib.redirect_stderr(Sent(channel, b"stderr")):
            answer = execute(*parts)
        channel.send(answer)


def execute(data, wire=b"0", *loader):
    """Call the function in a payload, with the arguments there. Of a function that is itself a payload, `loader` is
    what reads it: source and compressed text of each part, as self-contained payloads begin with.
    """
    try:
        function, args, kwargs = pickle.loads(data)
        if loader:
            for source, compressed in zip(loader[::2], loader[1::2]):
                exec(source, {"z": compressed, "wire": int(wire)})
            function = pickle.loads(function)
        result = function(*args, **kwargs)
        try:
            return b"result", dumps(result)
        except Exception as error:
            raise pickle.PicklingError(
                "the result, of type %s, cannot be pickled by this Python: %s" % (type(result).__name__, error)
            ) from error
    except BaseException as error:
        return failure(error)


def failure(error):
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    try:
        pickled = exception(error)
    except Exception:
        pickled = b""
    what = "".join(traceback.format_exception_only(type(error), error)).strip()
    return b"error", pickled, text.encode("utf-8", "replace"), what.encode("utf-8", "replace")


def exception(error):
    pickled = pickle.dumps(error, 4)
    # What cannot be made again from its arguments is found out here.
    pickle.loads(pickled)
    return pickled


def dumps(result):
    """By Codepickle where there is all of it: then functions and classes can come back."""
    if "codepickle._native" in sys.modules:
        return sys.modules["codepickle"].dumps(result, 4)
    try:
        return pickle.dumps(result, 4)
    except Exception:
        if not borrow():
            raise
        return sys.modules["codepickle"].dumps(result, 4)


#: The folder of the caller's Codepickle, if it is on this machine.
PACKAGE = None


def borrow():
    """Import the caller's Codepickle. Its native module may be one that fits CPython from 3.10 on alone."""
    if PACKAGE is None or sys.implementation.name != "cpython" or sys.version_info < (3, 10):
        return False
    import importlib.util

    there = sys.modules.get("codepickle")
    if getattr(there, "__file__", None):  # the loader alone was installed here
        return False
    path = os.path.join(PACKAGE, "__init__.py")
    spec = importlib.util.spec_from_file_location("codepickle", path, submodule_search_locations=[PACKAGE])
    module = sys.modules["codepickle"] = importlib.util.module_from_spec(spec)
    # What the payloads brought along stays: functions were made by it.
    module.__dict__.update((name, value) for name, value in vars(there or module).items() if name[:2] != "__")
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    except Exception:
        sys.modules["codepickle"] = there
    finally:
        sys.dont_write_bytecode = writes
    return "codepickle._native" in sys.modules


def enter_sandbox():
    """Take away what leads from Python to JavaScript, as far as it is known by name; what calls functions then.

    It is the first barrier, not the one that everything rests on: what lies behind is in _sandbox.mjs.
    """
    import asyncio
    import base64
    import gc

    # What Pyodide has replaced by its own, which waits for JavaScript.
    for module, name in ((asyncio, "run"), (time, "sleep")):
        setattr(module, name, getattr(getattr(module, name), "__wrapped__", getattr(module, name)))
    names = ("js", "pyodide_js", "ctypes", "_ctypes", "pyodide", "_pyodide", "_pyodide_core", "micropip", "webbrowser")
    for name in list(sys.modules):
        if name.partition(".")[0] in names:
            del sys.modules[name]
    for name in names:
        sys.modules[name] = None
    # Those that import what JavaScript has.
    ours = ("_frozen_importlib", "_frozen_importlib_external")
    sys.meta_path[:] = [finder for finder in sys.meta_path if getattr(finder, "__module__", "") in ours]

    class Loop(asyncio.BaseEventLoop):
        """An event loop without sockets. Pyodide's is JavaScript's, which does not run while Python does."""

        def __init__(self):
            super().__init__()
            self._selector = self

        def select(self, timeout):
            time.sleep(timeout or 0)

        def _process_events(self, events):
            pass

        def _write_to_self(self):
            pass

    asyncio.new_event_loop = asyncio.events.new_event_loop = Loop
    asyncio.events._set_running_loop(None)
    gc.collect()

    def call(text):
        """Texts in, texts out: bytes would be objects of JavaScript's."""
        answer = execute(*map(base64.b64decode, text.split(" ")))
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        return " ".join(base64.b64encode(part).decode() for part in answer)

    return call


def described(error):
    """An exception as plain data: who receives it takes nothing else from here."""
    return pickle.dumps((type(error).__name__, error.args), 4) if type(error).__module__ == "builtins" else b""


if __name__ == "__channelexec__":
    serve(channel)  # noqa: F821  # execnet puts it there
elif __name__ == "__pipes__":
    serve(Channel(*pipes))  # noqa: F821  # and the bootstrap of a process this
elif __name__ == "__sandbox__":
    exception = described
