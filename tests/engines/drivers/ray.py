"""A local Ray, with a worker process for each Python that a task asks for."""

import contextlib
import multiprocessing.pool
import os

from . import TIMEOUT, worker_path


@contextlib.contextmanager
def start(workers, mode, folder):
    os.environ.update(RAY_USAGE_STATS_ENABLED="0", RAY_DISABLE_IMPORT_WARNING="1", PYTHONPATH=worker_path(mode))
    import ray

    environment = {}
    if mode == "codepickle":
        from codepickle.integrations import ray as ours

        ours.install()
        environment["worker_process_setup_hook"] = "codepickle.integrations.ray.install"
    ray.init(
        num_cpus=1,
        include_dashboard=False,
        _node_ip_address="127.0.0.1",
        log_to_driver=False,
        logging_level="ERROR",
        object_store_memory=100_000_000,
        _temp_dir=os.path.join("/tmp", os.path.basename(folder)),
        runtime_env=environment,
    )

    def submit(version, function, *args):
        if mode == "portable":  # which is no function to Ray: one of the standard library calls it there
            task = ray.remote(max_retries=0)(multiprocessing.pool.starmapstar)
            task = task.options(runtime_env={"py_executable": workers[version]})
            return ray.get(task.remote((function, [args])), timeout=TIMEOUT[mode])[0]
        task = ray.remote(max_retries=0)(function)
        task = task.options(runtime_env={"py_executable": workers[version]})
        return ray.get(task.remote(*args), timeout=TIMEOUT[mode])

    def actor(version, function, *args):
        class Actor:
            def __init__(self, function):
                self.function = function

            def call(self, *args):
                return self.function(*args)

        made = ray.remote(Actor).options(runtime_env={"py_executable": workers[version]}).remote(function)
        try:
            return ray.get(made.call.remote(*args), timeout=TIMEOUT[mode])
        finally:
            ray.kill(made)

    submit.forms = {"actor": actor} if mode == "codepickle" else {}
    try:
        yield submit
    finally:
        ray.shutdown()
