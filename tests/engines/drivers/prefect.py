"""Prefect's serializer of results: what is kept here is read by other Pythons, and the other way round."""

import contextlib
import os

from reader import Readers

from . import worker_path


@contextlib.contextmanager
def start(workers, mode, folder):
    environment = {
        "PREFECT_HOME": folder,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    os.environ.update(environment)
    from prefect.serializers import PickleSerializer

    if mode == "codepickle":
        from codepickle.integrations import prefect as ours

        ours.install()
    serializer = PickleSerializer()
    with contextlib.closing(Readers("prefect", {**os.environ, "PYTHONPATH": worker_path(mode)})) as readers:

        def submit(version, function, *args):
            request = {"serializer": serializer.model_dump(), "blob": serializer.dumps((function, args)).decode()}
            return serializer.loads(readers.ask(workers[version], request).encode())

        yield submit
