"""What goes wrong in a grid, and what it costs: Dask and `PythonExecutor` with workers of several versions.

    python faults.py VERSION=PYTHON...

Run by run.py, in the client's environment. A check is a function here; each line of the output is as that of drive.py.
"""

import contextlib
import os
import signal
import statistics
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from drive import tell  # noqa: E402
from drivers import dask as on_dask  # noqa: E402

TASKS = 10_000


def numbered(offset):
    """A closure, so that nothing can go by reference."""

    def number(index):
        import sys

        return index + offset, sys.version_info[:2]

    return number


def check_all_there(results, versions, offset):
    numbers = [number for number, _ in results]
    assert numbers == [index + offset for index in range(TASKS)], "tasks were lost, doubled or mixed up"
    ran_on = {"%d.%d" % version for _, version in results}
    assert ran_on == set(versions), "only %s took part" % sorted(ran_on)


def dask_takes_many_tasks(workers, client):
    check_all_there(client.gather(client.map(numbered(7), range(TASKS), pure=False)), workers, 7)


def dask_worker_killed_in_a_task(workers, client):
    """The task runs again, on a worker of another version, and others are not disturbed."""

    def die_once(marker):
        import os
        import signal

        if not os.path.exists(marker):
            open(marker, "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
        return "survived"

    with tempfile.TemporaryDirectory() as folder:
        future = client.submit(die_once, os.path.join(folder, "marker"), pure=False)
        others = client.map(numbered(1), range(100), pure=False)
        assert future.result(120) == "survived"
        assert [number for number, _ in client.gather(others)] == list(range(1, 101))


def dask_client_disconnects(workers, client):
    """What it left behind does not keep others from working."""
    from distributed import Client

    def sleep():
        import time

        time.sleep(0.5)

    with Client(client.scheduler.address, set_as_default=False) as other:
        left = [other.submit(sleep, pure=False) for _ in range(20)]
        assert left
    assert client.submit(numbered(1), 1, pure=False).result(120)[0] == 2


def dask_serves_joblib(workers, client):
    """joblib's own pool stays on one Python; through this backend its calls reach all of them."""
    import joblib

    with joblib.parallel_config("dask", client=client):
        results = joblib.Parallel()(joblib.delayed(numbered(3))(index) for index in range(400))
    assert [number for number, _ in results] == [index + 3 for index in range(400)]
    assert len({version for _, version in results}) > 1


def executor_takes_many_tasks(workers, pool):
    check_all_there(list(pool.map(numbered(3), range(TASKS))), workers, 3)


def executor_interpreter_killed_in_a_task(workers, pool):
    from codepickle import InterpreterDied

    def die():
        import os
        import signal

        os.kill(os.getpid(), signal.SIGKILL)

    futures = [pool.submit(die) if index % 50 == 49 else pool.submit(numbered(0), index) for index in range(200)]
    for index, future in enumerate(futures):
        if index % 50 == 49:
            try:
                future.result(60)
            except InterpreterDied as error:
                assert "signal %d" % signal.SIGKILL in str(error)
            else:
                raise AssertionError("it lives")
        else:
            assert future.result(60)[0] == index


def attempt(check, *args):
    try:
        check(*args)
    except Exception as error:
        return "%s: %s" % (type(error).__name__, error)
    return "ok"


def throughput(python):
    """Tasks per second beside those of Dask as it is, on one worker of this version: medians of rounds in turn."""
    ratios = []
    with contextlib.ExitStack() as stack:
        folders = [stack.enter_context(tempfile.TemporaryDirectory(prefix="engines-")) for _ in range(2)]
        version = {"%d.%d" % sys.version_info[:2]: python}
        plain = stack.enter_context(on_dask.clients(version, "default", folders[0]))
        ours = stack.enter_context(on_dask.clients(version, "codepickle", folders[1]))
        from codepickle.integrations import dask

        def tasks_per_second(client):
            functions = [numbered(index) for index in range(500)]
            began = time.perf_counter()
            client.gather([client.submit(function, 1, pure=False) for function in functions])
            return len(functions) / (time.perf_counter() - began)

        for _ in range(7):
            with dask.install():
                mine = tasks_per_second(ours)
            ratios.append(mine / tasks_per_second(plain))
    return statistics.median(ratios[1:])


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    workers = dict(entry.split("=", 1) for entry in sys.argv[1:])
    python = sys.executable
    print("# throughput beside Dask as it is, one worker of one version: %.2f" % throughput(python), flush=True)
    checks = [check for name, check in globals().items() if name.startswith("dask_")]
    with tempfile.TemporaryDirectory(prefix="engines-") as folder:
        from codepickle.integrations import dask

        with on_dask.clients(workers, "codepickle", folder) as client, dask.install():
            for check in checks:
                tell("faults", check.__name__, attempt(check, workers, client))
    os.environ.pop("PYTHONPATH", None)
    import codepickle

    checks = [check for name, check in globals().items() if name.startswith("executor_")]
    with codepickle.PythonExecutor(list(workers.values()), timeout=120) as pool:
        for check in checks:
            tell("faults", check.__name__, attempt(check, workers, pool))


if __name__ == "__main__":
    main()
