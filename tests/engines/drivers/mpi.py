"""`mpi4py.futures`, with a pool of one spawned process per Python, on MPICH, which PyPI has."""

import contextlib
import os
import sys

from . import TIMEOUT, worker_path


@contextlib.contextmanager
def start(workers, mode, folder):
    # A process that was not started by MPICH asks its launcher, found by PATH, for others.
    os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
    os.environ["HYDRA_IFACE"] = "lo"
    from mpi4py.futures import MPIPoolExecutor

    initializer = None
    if mode == "codepickle":
        from codepickle.integrations import mpi4py as ours

        ours.install()
        initializer = ours.install
    with contextlib.ExitStack() as stack:
        pools = {}

        def submit(version, function, *args):
            if version not in pools:
                options = {"main": False, "env": {"PYTHONPATH": worker_path(mode)}}
                pool = MPIPoolExecutor(1, initializer, python_exe=str(workers[version]), **options)
                pools[version] = stack.enter_context(pool)
            return pools[version].submit(function, *args).result(TIMEOUT[mode])

        yield submit
