"""`codepickle.run` and `codepickle.PythonExecutor`: functions in other interpreters."""

import concurrent.futures
import io
import os
import signal
import sys
import threading
import time

import codepickle
import pytest
from codepickle import InterpreterDied, PythonExecutor, RemoteError, run

pytest.importorskip("execnet")
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
    with pytest.raises(Exception, match="result, of type function, cannot be pickled"):
        run(lambda: lambda: 1, python=base)


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
