"""`codepickle.PythonExecutor`, with interpreters that have nothing installed."""

import contextlib
import os

from . import TIMEOUT

#: Without Codepickle there, functions do not come back.
RELAYS = False


@contextlib.contextmanager
def start(workers, mode, folder):
    import codepickle

    # What this process needs is not for those.
    os.environ.pop("PYTHONPATH", None)
    with codepickle.PythonExecutor(list(workers.values()), timeout=TIMEOUT[mode]) as pool:
        yield lambda version, function, *args: pool.submit_to(workers[version], function, *args).result()
