"""`codepickle.run` and `codepickle.PythonExecutor`: functions in other interpreters."""

import concurrent.futures
import contextlib
import io
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import types

import codepickle
import codepickle._environments
import pytest
from codepickle import InterpreterDied, PythonExecutor, RemoteError, run
from helpers import PACKAGE, write

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are those of POSIX")

HERE = sys.executable


@pytest.fixture(scope="module")
def pool():
    with PythonExecutor([HERE]) as executor:
        yield executor


def test_run_takes_arguments_and_returns_the_result():
    step = 40
    assert run(lambda x, *, y: (x + step, y), 2, y=[1], python=HERE) == (42, [1])


def test_nothing_has_to_be_installed_there(monkeypatch):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    base = os.path.realpath(HERE)  # outside the virtual environment

    def installed():
        import sys

        return [name for name in sys.modules if "codepickle" in name and getattr(sys.modules[name], "__file__", None)]

    assert run(installed, python=base) == []


def test_functions_come_back(monkeypatch):
    """By the Codepickle of this process, which an interpreter that has none borrows."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    step = 2

    def makes(start):
        level = start

        def add():
            nonlocal level
            level += step
            return level

        class Made:
            def read(self):
                return level

        return add, Made()

    base = os.path.realpath(HERE)
    if sys.version_info < (3, 10):
        with pytest.raises(Exception, match="result, of type tuple, cannot be pickled"):
            run(makes, 40, python=base)
        return
    with PythonExecutor([base]) as executor:
        add, made = executor.submit(makes, 40).result()
        assert (add(), made.read()) == (42, 42)
        # What it has made since can be sent there again, and so can what came before.
        assert executor.submit(lambda add: add(), add).result() == 44
        assert executor.submit(makes, 1).result()[0]() == 3


def test_results_come_in_order_and_none_is_lost():
    with PythonExecutor([HERE, HERE]) as executor:
        assert list(executor.map(lambda x: x * x, range(200))) == [x * x for x in range(200)]


def test_exceptions_come_with_the_traceback_from_there(pool):
    def fails():
        return {}["missing"]

    with pytest.raises(KeyError) as caught:
        pool.submit(fails).result()
    assert caught.value.args == ("missing",)
    text = str(caught.value.__cause__)
    assert "in fails" in text
    assert 'return {}["missing"]' in text


def test_exceptions_of_classes_that_cannot_be_sent(pool):
    class Refused(Exception):
        pass

    def fails():
        raise Refused("no")

    with pytest.raises(RemoteError, match=r"Refused: no"):
        pool.submit(fails).result()
    assert pool.submit(lambda: 1).result() == 1


def test_exits_are_exceptions(pool):
    def leaves():
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        pool.submit(leaves).result()
    assert pool.submit(lambda: 1).result() == 1


def test_results_that_cannot_be_sent_are_errors(pool):
    with pytest.raises(Exception, match=r"result, of type lock, cannot be pickled"):
        pool.submit(lambda: __import__("threading").Lock()).result()
    assert pool.submit(lambda: 1).result() == 1


def test_what_cannot_be_sent_there_is_an_error_at_once(pool):
    lock = threading.Lock()
    with pytest.raises(codepickle.PicklingError):
        pool.submit(lambda: lock)


def test_prints_are_seen_here(capsys):
    def speaks():
        import sys

        print("out", "ä")
        sys.stderr.write("err\n")

    run(speaks, python=HERE)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("out ä\n", "err\n")
    mine = io.StringIO()
    with PythonExecutor([HERE], stdout=mine) as executor:
        executor.submit(print, 1, 2).result()
    assert mine.getvalue() == "1 2\n"


def test_a_dead_interpreter_fails_its_call_alone():
    def dies():
        import os
        import signal

        os.kill(os.getpid(), signal.SIGKILL)

    with PythonExecutor([HERE]) as executor:
        first, second, third = executor.submit(lambda: 1), executor.submit(dies), executor.submit(lambda: 3)
        assert first.result(60) == 1
        with pytest.raises(InterpreterDied, match=r"ended while it ran .*dies, by signal %d" % signal.SIGKILL):
            second.result(60)
        assert third.result(60) == 3


def test_a_caller_that_dies_takes_its_interpreter_along(tmp_path):
    """The call that runs there would have no end."""
    note = tmp_path / "pid"
    code = """
import os, sys, time
from codepickle import run

def endless(path):
    with open(path + ".new", "w") as file:
        file.write(str(os.getpid()))
    os.rename(path + ".new", path)
    while True:
        time.sleep(1)

run(endless, sys.argv[1], python=sys.executable)
"""
    write(tmp_path / "caller.py", code)
    caller = subprocess.Popen(
        [sys.executable, str(tmp_path / "caller.py"), str(note)], env={**os.environ, "PYTHONPATH": PACKAGE}
    )
    try:
        wait_until(note.exists)
        os.kill(int(note.read_text()), 0)
    finally:
        caller.kill()
        caller.wait()
    wait_until(lambda: not runs(int(note.read_text())))


def runs(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # On Linux: it may have ended, and nobody has asked how.
    with contextlib.suppress(OSError), open("/proc/%d/stat" % pid) as file:
        return file.read().rpartition(")")[2].split()[0] != "Z"
    return True


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_an_interpreter_that_leaves():
    def leaves():
        import os

        os._exit(7)

    with pytest.raises(InterpreterDied, match="with exit code 7"):
        run(leaves, python=HERE)


def test_a_call_that_takes_too_long_is_stopped():
    def sleeps():
        import time

        time.sleep(600)

    def number():
        import os

        return os.getpid()

    with PythonExecutor([HERE], timeout=20) as executor:
        before = executor.submit(number).result()
        executor._timeout = 0.2
        slow = executor.submit(sleeps)
        with pytest.raises(concurrent.futures.TimeoutError, match=r"sleeps took longer than 0\.2 s"):
            slow.result(60)
        executor._timeout = 20
        assert executor.submit(number).result() != before
    for _ in range(100):
        if not os.path.exists("/proc/%d" % before):
            break
        time.sleep(0.1)
    else:
        with pytest.raises(ProcessLookupError):
            os.kill(before, 0)


def test_calls_that_have_not_begun_can_be_cancelled():
    def waits():
        import time

        time.sleep(0.5)
        return 1

    executor = PythonExecutor([HERE])
    first, second, third = executor.submit(waits), executor.submit(waits), executor.submit(waits)
    while not first.running():
        time.sleep(0.01)
    assert second.cancel()
    executor.shutdown(cancel_futures=True)
    assert first.result() == 1
    assert second.cancelled()
    assert third.cancelled()
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.submit(waits)


def test_calls_that_run_can_be_cancelled(pool):
    """The interpreter is stopped; what others called is not touched, and a new interpreter takes its place."""

    def sleeps():
        import time

        time.sleep(600)

    with PythonExecutor([HERE]) as executor:
        running, waiting = executor.submit(sleeps), executor.submit(lambda: 3)
        # Also while the interpreter is still coming up.
        while not running.running():
            time.sleep(0.001)
        assert running.cancel()
        with pytest.raises(concurrent.futures.CancelledError):
            running.result(60)
        assert running.cancelled()
        assert running.done()
        assert waiting.result(60) == 3
        again = executor.submit(sleeps)
        while executor._interpreters[0]._link is None or not again.running():
            time.sleep(0.001)
        assert again.cancel()
        assert again.cancel()
        with pytest.raises(concurrent.futures.CancelledError):
            again.result(60)
        done = executor.submit(lambda: 4)
        assert done.result(60) == 4
        assert not done.cancel()
        assert not done.cancelled()


def test_cancelling_reaches_through_asyncio():
    import asyncio

    def sleeps():
        import time

        time.sleep(600)

    async def main(executor):
        task = asyncio.ensure_future(asyncio.wrap_future(executor.submit(sleeps)))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with PythonExecutor([HERE]) as executor:
        asyncio.run(main(executor))
        assert executor.submit(lambda: 1).result(60) == 1


def test_a_map_that_takes_too_long_stops():
    def sleeps(seconds):
        import time

        time.sleep(seconds)
        return seconds

    with PythonExecutor([HERE]) as executor:
        results = executor.map(sleeps, [0, 600, 600], timeout=20)
        assert next(results) == 0
        results.close()
        # Nothing of it is left to wait for.
        assert executor.submit(lambda: 1).result(60) == 1


def test_progress_is_shown_where_tqdm_is_installed(pool, monkeypatch):
    shown = []

    class Bar:
        def __init__(self, total):
            shown.append(total)

        def update(self):
            shown.append("step")

        def close(self):
            shown.append("closed")

    module = types.ModuleType("tqdm.auto")
    module.tqdm = Bar
    monkeypatch.setitem(sys.modules, "tqdm", types.ModuleType("tqdm"))
    monkeypatch.setitem(sys.modules, "tqdm.auto", module)
    assert list(pool.map(lambda x: x + 1, [1, 2, 3], progress=True)) == [2, 3, 4]
    # The step of the last call may come after its result was taken.
    assert shown[0] == 3
    assert "closed" in shown
    assert 2 <= shown.count("step") <= 3
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    assert list(pool.map(lambda x: x + 1, [1], progress=True)) == [2]


def test_payloads_are_loaded_there_and_not_here(pool):
    class Tells:
        def __reduce__(self):
            return (eval, ("lambda: __import__('os').getpid()",))

    assert pool.submit(codepickle.dumps(lambda x: x + 1), 1).result() == 2
    assert pool.submit(pickle.dumps(Tells())).result() != os.getpid()
    assert run(codepickle.dumps(lambda x: x * 2), 4, python=HERE) == 8


def test_input_and_output_belong_to_the_functions(pool):
    """What reads standard input, or writes to file descriptor 1, does not meet the messages."""

    def reads():
        import os
        import subprocess
        import sys

        os.write(1, b"")
        child = subprocess.run([sys.executable, "-c", "import sys; print(len(sys.stdin.read()))"], capture_output=True)
        return sys.stdin.read(), child.stdout.strip()

    assert pool.submit(reads).result() == ("", b"0")


def test_large_messages(pool):
    data = b"x" * (5 << 20)
    assert pool.submit(lambda data: data * 2, data).result() == data * 2


def test_environments_are_made_once(tmp_path, monkeypatch):
    """By a stand-in for uv, which notes what it is asked for."""
    uv = tmp_path / "uv"
    uv.write_text(
        """#!%s
import os, sys
with open(%r, "a") as file:
    file.write(" ".join(sys.argv[1:]) + "\\n")
if "broken" in sys.argv:
    sys.exit("no solution found")
if sys.argv[1] == "venv":
    os.makedirs(sys.argv[-1] + "/bin", exist_ok=True)
    os.symlink(sys.executable, sys.argv[-1] + "/bin/python")
"""
        % (os.path.realpath(HERE), str(tmp_path / "asked"))
    )
    uv.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])
    monkeypatch.setenv("CODEPICKLE_CACHE_DIR", str(tmp_path / "cache"))
    where = lambda: __import__("sys").executable  # noqa: E731
    for _ in range(2):
        used = run(where, python=HERE, environment=["six>=1", "# a comment", "attrs  # conditional"])
        assert used.startswith(str(tmp_path / "cache" / "environments"))
    asked = (tmp_path / "asked").read_text().splitlines()
    assert len(asked) == 2
    assert asked[0].startswith("venv ")
    assert asked[1].endswith(" -- attrs six>=1")
    assert run(where, python=HERE, environment=[]) == HERE
    with pytest.raises(RuntimeError, match=r"(?s)environment with broken.*no solution found"):
        run(where, python=HERE, environment=["broken"])
    assert not [name for name in os.listdir(str(tmp_path / "cache" / "environments")) if "-" in name]
    with pytest.raises(ValueError, match=r"'-r other\.txt' is an option"):
        run(where, python=HERE, environment=["-r other.txt"])
    with pytest.raises(TypeError, match="list of requirements"):
        run(where, python=HERE, environment="numpy")
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(LookupError, match="pip install uv"):
        run(where, python=HERE, environment=["new"])


def test_an_environment_has_what_the_function_needs(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(codepickle._environments, "environment", lambda python, lines: asked.append(lines) or python)

    def needs():
        import cloudpickle

        return cloudpickle.__name__

    def needs_nothing():
        return 1

    assert run(needs_nothing, python=HERE, environment=True) == 1
    run(needs, python=HERE, environment=True)
    assert asked[0] == []
    assert [line.partition("==")[0] for line in asked[1]] == ["cloudpickle"]


def test_other_machines_need_execnet(monkeypatch):
    monkeypatch.setitem(sys.modules, "execnet", None)
    with pytest.raises(ImportError, match=r"codepickle\[execnet\]"):
        run(lambda: 1, python="ssh=nowhere")


def test_gateways_of_execnet():
    pytest.importorskip("execnet")

    def dies():
        import os

        os._exit(7)

    def speaks(x):
        print("there")
        return x + 1

    mine = io.StringIO()
    with PythonExecutor(["popen//python=" + HERE.replace(" ", "\\ ")], timeout=60, stdout=mine) as executor:
        assert executor.submit(speaks, 1).result() == 2
        assert mine.getvalue() == "there\n"
        with pytest.raises(ZeroDivisionError):
            executor.submit(lambda: 1 / 0).result()
        with pytest.raises(InterpreterDied, match="with exit code 7"):
            executor.submit(dies).result()
        slow = executor.submit(lambda: __import__("time").sleep(600))
        while not slow.running():
            time.sleep(0.01)
        assert slow.cancel()
        with pytest.raises(concurrent.futures.CancelledError):
            slow.result(60)
        assert executor.submit(speaks, 2).result() == 3


def test_a_chosen_interpreter():
    with PythonExecutor([HERE]) as executor:
        assert executor.submit_to(HERE, lambda: 5).result() == 5
        with pytest.raises(ValueError, match=r"no interpreter '3\.1'"):
            executor.submit_to("3.1", lambda: 5)


def test_missing_interpreters_are_named():
    with pytest.raises(LookupError, match=r"no Python 3\.2 was found"):
        run(lambda: 1, python="3.2")
    with pytest.raises(LookupError, match="no-such-python"):
        run(lambda: 1, python="no-such-python")
    with pytest.raises(TypeError, match="list"):
        PythonExecutor("3.8")


def test_this_version_is_found():
    version = "%d.%d" % sys.version_info[:2]
    assert run(lambda: __import__("sys").version_info[:2], python=version) == sys.version_info[:2]
