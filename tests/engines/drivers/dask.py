"""A scheduler, and one worker process per Python."""

import contextlib
import os
import sys

from . import TIMEOUT, processes, worker_path


@contextlib.contextmanager
def clients(workers, mode, folder):
    """A client of a scheduler with one worker per Python, named by its version."""
    from distributed import Client

    contact = os.path.join(folder, "scheduler.json")
    ours = ["--preload", "codepickle.integrations.dask"] if mode == "codepickle" else []
    path = {"PYTHONPATH": worker_path(mode), "DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "false"}
    here = ["--host", "127.0.0.1", "--scheduler-file", contact]
    with processes() as spawn:
        script = ["-m", "distributed.cli.dask_scheduler", *here, "--port", "0", "--no-dashboard"]
        spawn(sys.executable, *script, *ours, **path)
        for version, python in workers.items():
            script = [
                "-m",
                "distributed.cli.dask_worker",
                *here,
                "--nthreads",
                "1",
                "--name",
                version,
                "--no-dashboard",
            ]
            spawn(python, *script, "--nanny", "--local-directory", folder, *ours, **path)
        with Client(scheduler_file=contact, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(len(workers), timeout=60)
            yield client


@contextlib.contextmanager
def start(workers, mode, folder):
    if mode == "codepickle":
        from codepickle.integrations import dask

        dask.install()
    with clients(workers, mode, folder) as client:

        def submit(version, function, *args):
            future = client.submit(function, *args, workers=[version], pure=False, retries=0)
            try:
                return future.result(TIMEOUT[mode])
            finally:
                future.cancel()

        def delayed(version, function, *args):
            import dask

            task = dask.delayed(function, pure=False)(*args)
            return client.compute(task, workers=[version], retries=0).result(TIMEOUT[mode])

        submit.forms = {"delayed": delayed}
        yield submit
