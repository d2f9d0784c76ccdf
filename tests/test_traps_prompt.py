"""Code typed at the interactive prompt: from 3.13 on it keeps its text, before it does not."""

import os
import sys
import time

import pytest
from helpers import PACKAGE

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")

TYPED = [
    "import codepickle, pickle",
    "def f(x):",
    "    return x * 2",
    "",
    "class C:",
    "    def m(self): return super().__repr__()[:2], 'typed class'",
    "",
    "g = lambda: 'typed lambda'",
    "def dumped(x):",
    "    try: return pickle.loads(codepickle.dumps(x, by_source=True))",
    "    except codepickle.PicklingError: return lambda *a: 'refused'",
    "",
    "print('RES' + 'ULT', dumped(f)(21), dumped(g)(), getattr(dumped(C)(), 'm', lambda: 'no m')())",
    "exit()",
]


def type_in(lines, basic):
    """Start an interactive Python on a pseudo-terminal, type lines, and return what it shows."""
    import pty
    import select

    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["PYTHONPATH"] = PACKAGE
        os.environ["TERM"] = "xterm"
        os.environ["PYTHON_HISTORY"] = os.devnull
        if basic:
            os.environ["PYTHON_BASIC_REPL"] = "1"
        os.execv(sys.executable, [sys.executable, "-i", "-q"])
    shown = b""
    end = time.monotonic() + 60
    waiting = list(lines)
    try:
        while time.monotonic() < end:
            ready, _, _ = select.select([terminal], [], [], 0.3)
            if ready:
                try:
                    chunk = os.read(terminal, 65536)
                except OSError:  # Linux says so when the other side has gone.
                    break
                if not chunk:
                    break
                shown += chunk
                # pyrepl asks where the cursor is and waits for the answer.
                if b"\x1b[6n" in chunk:
                    os.write(terminal, b"\x1b[1;1R")
            elif waiting:
                # Not until the prompt is quiet: what is typed sooner may be lost. No indentation: pyrepl adds its own.
                line = waiting.pop(0)
                os.write(terminal, (line if basic else line.lstrip()).encode() + (b"\n" if basic else b"\r"))
    finally:
        os.close(terminal)
        _, status = os.waitpid(pid, 0)
    return shown.decode("utf-8", "replace"), status


@pytest.mark.parametrize("basic", [True, False])
def test_prompt(basic):
    if not basic and sys.version_info < (3, 13):
        pytest.skip("the new prompt came with 3.13")
    shown, _ = type_in(TYPED, basic)
    results = [line for line in shown.splitlines() if "RESULT" in line]
    assert results, shown
    if sys.version_info >= (3, 13):
        assert "RESULT 42 typed lambda ('<_', 'typed class')" in results[-1], shown
    else:
        assert "RESULT refused refused no m" in results[-1], shown
