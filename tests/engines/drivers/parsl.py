"""An executor of Parsl for each Python, whose workers a local provider starts."""

import contextlib
import os

from . import TIMEOUT, worker_path


@contextlib.contextmanager
def start(workers, mode, folder):
    import parsl
    from parsl.executors import HighThroughputExecutor
    from parsl.providers import LocalProvider

    options = {}
    if mode == "codepickle":
        from codepickle.integrations import parsl as ours

        ours.install()
        options["interchange_launch_cmd"] = ours.interchange()
    elif mode == "portable":
        # Without that the workers would not be let in.
        from codepickle.integrations import parsl as ours

        options["interchange_launch_cmd"] = ours.interchange()
    # What this process finds its commands by.
    os.environ["PATH"] = os.path.dirname(os.sys.executable) + os.pathsep + os.environ["PATH"]

    def executor(version, python):
        path = "export PATH=%s:$PATH; export PYTHONPATH=%s" % (os.path.dirname(python), worker_path(mode))
        provider = LocalProvider(worker_init=path, init_blocks=1, min_blocks=1, max_blocks=1)
        label = "py" + version.replace(".", "")
        return HighThroughputExecutor(
            label, provider, address="127.0.0.1", max_workers_per_node=1, encrypted=False, **options
        )

    executors = {version: executor(version, python) for version, python in workers.items()}
    configuration = parsl.Config(
        executors=list(executors.values()), run_dir=folder, strategy="none", initialize_logging=False
    )
    with parsl.load(configuration) as kernel:

        def submit(version, function, *args):
            label = "py" + version.replace(".", "")
            return kernel.submit(
                function, app_args=args, executors=[label], cache=False, ignore_for_cache=(), app_kwargs={}
            ).result(TIMEOUT[mode])

        yield submit
