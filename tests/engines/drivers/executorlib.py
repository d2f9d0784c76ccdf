"""executorlib on this machine, with a worker of the Python that is asked for."""

import contextlib
import multiprocessing.pool
import os

from . import TIMEOUT, worker_path


@contextlib.contextmanager
def start(workers, mode, folder):
    os.environ["PYTHONPATH"] = worker_path(mode)
    import executorlib
    from executorlib.standalone import command

    if mode == "codepickle":
        from codepickle.integrations import executorlib as ours

        ours.install()

    @contextlib.contextmanager
    def chosen(python):
        if mode == "codepickle":
            with ours.worker_python(str(python)):
                yield
        else:
            command.sys = type("sys", (), {"executable": str(python)})
            yield

    with contextlib.ExitStack() as stack:
        executors = {}

        def submit(version, function, *args):
            with chosen(workers[version]):
                if version not in executors:
                    executors[version] = stack.enter_context(
                        executorlib.SingleNodeExecutor(
                            max_workers=1, block_allocation=True, hostname_localhost=True, disable_dependencies=True
                        )
                    )
                if mode == "portable":  # it wants functions alone, to inspect them
                    call = executors[version].submit(multiprocessing.pool.starmapstar, (function, [args]))
                    return call.result(TIMEOUT[mode])[0]
                return executors[version].submit(function, *args).result(TIMEOUT[mode])

        yield submit
