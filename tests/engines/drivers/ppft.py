"""A server of ppft for each Python, to which pathos' parallel pools also send."""

import contextlib
import socket
import time

from . import TIMEOUT, free_port, processes, worker_path


@contextlib.contextmanager
def start(workers, mode, folder):
    import ppft

    if mode == "codepickle":
        from codepickle.integrations import pathos as ours

        ours.install()
    with processes() as spawn:
        servers = {}
        for version, python in workers.items():
            port = free_port()
            options = ["-i", "127.0.0.1", "-p", port, "-w", "1", "-s", "engines", "-t", "300"]
            spawn(python, "-m", "ppft.server", *options, PYTHONPATH=worker_path(mode))
            deadline = time.monotonic() + 60
            while not _open(port) and time.monotonic() < deadline:
                time.sleep(0.1)
            servers[version] = ppft.Server(0, ("127.0.0.1:%d" % port,), secret="engines")

        def submit(version, function, *args):
            task = servers[version].submit(function, args)
            deadline = time.monotonic() + TIMEOUT[mode]
            while not task.finished:
                if time.monotonic() > deadline:
                    raise TimeoutError("no result")
                time.sleep(0.01)
            return task()

        try:
            yield submit
        finally:
            for server in servers.values():
                server.destroy()


def _open(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
