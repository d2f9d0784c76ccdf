"""submitit's jobs on this machine, each a process of the Python that is asked for."""

import contextlib
import os
import shlex

from . import TIMEOUT, worker_path


@contextlib.contextmanager
def start(workers, mode, folder):
    os.environ["PYTHONPATH"] = worker_path(mode)
    import submitit

    if mode == "codepickle":
        from codepickle.integrations import submitit as ours

        ours.install()

    def submit(version, function, *args):
        executor = submitit.LocalExecutor(folder, python=shlex.quote(str(workers[version])))
        executor.update_parameters(timeout_min=TIMEOUT[mode] / 60)
        return executor.submit(function, *args).result()

    yield submit
