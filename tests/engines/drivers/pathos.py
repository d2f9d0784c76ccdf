"""pathos' pool of processes, on multiprocess, on this Python alone."""

import contextlib

from . import TIMEOUT


@contextlib.contextmanager
def start(workers, mode, folder):
    import multiprocess
    from pathos.pools import ProcessPool

    initializer = {}
    if mode == "codepickle":
        from codepickle.integrations import pathos as ours

        ours.install()
        initializer["initializer"] = ours.install
    multiprocess.set_start_method("spawn")
    pool = ProcessPool(1, **initializer)
    try:
        yield lambda version, function, *args: pool.apipe(function, *args).get(TIMEOUT[mode])
    finally:
        pool.terminate()
        pool.join()
