"""loky's pool, on this Python alone: its workers get the `sys.path` of the process that starts them."""

import contextlib

from . import TIMEOUT


@contextlib.contextmanager
def start(workers, mode, folder):
    import joblib

    if mode == "codepickle":
        from codepickle.integrations import joblib as ours

        ours.install()

    def submit(version, function, *args):
        parallel = joblib.Parallel(n_jobs=2, timeout=TIMEOUT[mode])
        first, second = parallel([joblib.delayed(function)(*args)] * 2)
        assert callable(first) or first == second
        return first

    yield submit
