"""What an interpreter of `PythonExecutor` runs: calls functions and sends back what became of them.

It is sent as text to a Python that may have nothing installed: standard library only, Python 3.7 and later. `channel`
is execnet's, and knows numbers, texts and bytes.
"""

import contextlib
import pickle
import sys
import traceback


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
    for data in channel:
        with contextlib.redirect_stdout(Sent(channel, "stdout")), contextlib.redirect_stderr(Sent(channel, "stderr")):
            answer = execute(data)
        channel.send(answer)


def execute(data):
    try:
        function, args, kwargs = pickle.loads(data)
        result = function(*args, **kwargs)
        try:
            return "result", dumps(result)
        except Exception as error:
            raise pickle.PicklingError(
                "the result, of type %s, cannot be pickled by this Python: %s" % (type(result).__name__, error)
            ) from error
    except BaseException as error:
        text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        try:
            pickled = pickle.dumps(error, 4)
            # What cannot be made again from its arguments is found out here.
            pickle.loads(pickled)
        except Exception:
            pickled = b""
        what = "".join(traceback.format_exception_only(type(error), error)).strip()
        return "error", pickled, text.encode("utf-8", "replace"), what.encode("utf-8", "replace")


def dumps(result):
    """By Codepickle where it is installed: then functions and classes can come back."""
    installed = sys.modules.get("codepickle")
    return getattr(installed, "dumps", pickle.dumps)(result, 4)


if __name__ == "__channelexec__":
    serve(channel)  # noqa: F821  # execnet puts it there
