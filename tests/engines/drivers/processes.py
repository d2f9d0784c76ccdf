"""`concurrent.futures` with spawned processes, on this Python alone."""

import concurrent.futures
import contextlib
import multiprocessing

from . import TIMEOUT


@contextlib.contextmanager
def start(workers, mode, folder):
    initializer = None
    if mode == "codepickle":
        from codepickle.integrations import multiprocessing as ours

        ours.install()
        # The workers are fresh processes, and pickle their results.
        initializer = ours.install
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, context, initializer) as pool:
        yield lambda version, function, *args: pool.submit(function, *args).result(TIMEOUT[mode])
