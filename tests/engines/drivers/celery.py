"""Redis, and one prefork worker per Python, each with a queue of its own."""

import contextlib
import os
import sys

from . import TIMEOUT, free_port, processes, worker_path


@contextlib.contextmanager
def start(workers, mode, folder):
    port = free_port()
    os.environ["ENGINES_REDIS"] = url = "redis://127.0.0.1:%d/0" % port
    # What Celery would use is JSON, which knows no functions at all.
    os.environ["ENGINES_SERIALIZER"] = "codepickle" if mode == "codepickle" else "pickle"
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    path = {"PYTHONPATH": os.pathsep.join(filter(None, [here, worker_path(mode)])), "C_FORCE_ROOT": "1"}
    with processes() as spawn:
        spawn("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", folder)
        for version, python in workers.items():
            options = ["--queues", version, "--hostname", version + "@%h", "--concurrency", 1, "--loglevel", "WARNING"]
            quick = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
            spawn(python, "-m", "celery", "-A", "celery_app", "worker", *options, *quick, **path)
        assert url
        sys.path.insert(0, here)
        from celery_app import call

        def submit(version, function, *args):
            return call.apply_async((function, *args), queue=version).get(timeout=TIMEOUT[mode])

        yield submit
