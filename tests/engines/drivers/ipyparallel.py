"""A controller, and one engine per Python."""

import contextlib
import os
import sys
import time

from . import TIMEOUT, processes, worker_path


@contextlib.contextmanager
def start(workers, mode, folder):
    import ipyparallel

    contact = os.path.join(folder, "security", "ipcontroller-client.json")
    path = {"PYTHONPATH": worker_path(mode), "IPYTHONDIR": folder, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    with processes() as spawn:
        controller = ["-m", "ipyparallel.controller", "--ip=127.0.0.1", "--location=127.0.0.1"]
        spawn(sys.executable, *controller, "--profile-dir=" + folder, **path)
        for python in workers.values():
            engine = ["-m", "ipyparallel.engine", "--profile-dir=" + folder, "--timeout=60"]
            spawn(python, *engine, **path)
        if mode == "codepickle":
            from codepickle.integrations import ipyparallel as ours

            ours.install()
        deadline = time.monotonic() + 60
        while not os.path.exists(contact) and time.monotonic() < deadline:
            time.sleep(0.1)
        with ipyparallel.Client(contact, timeout=60) as client:
            client.wait_for_engines(len(workers), timeout=60)
            views = {}
            for number in client.ids:
                # A builtin function: of others it sends the bytecode, even if they can be imported there.
                version = client[number].apply_async(eval, "'%d.%d' % __import__('sys').version_info[:2]").get(60)
                views[version] = client[number]
                if mode == "codepickle":
                    client[number].apply_async(ours.install).get(60)

            def submit(version, function, *args):
                return views[version].apply_async(function, *args).get(TIMEOUT[mode])

            yield submit
