"""How each engine is started on loopback, with one worker per Python.

A driver is a module with `start(workers, mode, folder)`, a context manager that yields
`submit(version, function, *args)`, which returns the result or raises. Where the engine takes functions in other ways,
too, `submit.forms` has them by name; they are called alike.
"""

import contextlib
import os
import signal
import socket
import subprocess

#: Seconds that a task may take. The engine's default may leave it waiting for ever.
TIMEOUT = {"codepickle": 120, "portable": 120, "default": 8}


@contextlib.contextmanager
def processes():
    """Yields a function that starts a process; all are gone at the end."""
    running = []

    def start(*command, **environment):
        # A group of its own, so that its children go with it.
        process = subprocess.Popen(
            [str(part) for part in command],
            env={**os.environ, **{key: str(value) for key, value in environment.items()}},
            stdin=subprocess.DEVNULL,
            stdout=None if os.environ.get("ENGINES_VERBOSE") else subprocess.DEVNULL,
            stderr=None if os.environ.get("ENGINES_VERBOSE") else subprocess.DEVNULL,
            start_new_session=True,
        )
        running.append(process)
        return process

    try:
        yield start
    finally:
        for process in running:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def free_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def worker_path(mode):
    """PYTHONPATH of the workers: with Codepickle, or without where they are not to know it."""
    return os.environ["CODEPICKLE_PATH"] if mode == "codepickle" else ""
