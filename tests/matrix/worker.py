"""A process of some Python that works through cases: what the matrix and the kept payloads are run with."""

import json
import os
import shutil
import subprocess
import tempfile
import time

from interpreters import environment

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKOUT = os.path.dirname(os.path.dirname(HERE))
# A case takes milliseconds; a machine under load is slow, but not this slow.
SILENCE = 60


def package_path():
    return os.environ.get("CODEPICKLE_PATH") or os.path.join(CHECKOUT, "python")


def make_loader(folder):
    """Lay out what the loader-only wheel installs, and nothing more."""
    target = os.path.join(folder, "codepickle")
    os.makedirs(target)
    for name in ("_runtime.py", "_lowered.py", "_lowered_types.py"):
        source = os.path.join(package_path(), "codepickle", name)
        if os.path.exists(source):
            shutil.copy(source, target)
    with open(os.path.join(target, "__init__.py"), "w") as file:
        file.write('"""Only the loader."""\n')
    return folder


class Task:
    """One worker process over many cases, started again after a case that kills it."""

    def __init__(self, interpreter, script, folder, names, flags=(), python_flags=(), path=None, packages=None):
        self.interpreter = interpreter
        self.script = script
        self.folder = folder
        self.names = list(names)
        self.flags = list(flags)
        self.python_flags = list(python_flags)
        #: Where the package under test is, and the packages that cases ask for.
        self.paths = path, packages

    def run(self):
        """Return {case: (state, error)}."""
        results = {}
        left = self.names
        while left:
            with tempfile.TemporaryDirectory() as scratch:
                died = self._attempt(scratch, left, results)
            if died is None:
                break
            culprit, error = died
            if culprit is None:  # Died before the first case: it would do so again.
                for name in left:
                    results[name] = ("fail", error)
                break
            results[culprit] = ("fail", error)
            left = [name for name in left if name not in results]
        for name in self.names:
            results.setdefault(name, ("fail", "no result"))
        return results

    def _attempt(self, scratch, left, results):
        status = os.path.join(scratch, "status")
        names = os.path.join(scratch, "names")
        with open(names, "w", encoding="utf-8") as file:
            file.write("\n".join(left))
        open(status, "w").close()
        command = self.interpreter.command + self.python_flags
        command += [os.path.join(HERE, self.script), self.folder, "--names", names]
        command += ["--status", status] + self.flags
        log_path = os.path.join(scratch, "log")
        hung = False
        with open(log_path, "wb") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(*self.paths), cwd=scratch
            )
            size, since = 0, time.monotonic()
            while True:
                try:
                    process.wait(timeout=1)
                    break
                except subprocess.TimeoutExpired:
                    now = os.path.getsize(status)
                    if now != size:
                        size, since = now, time.monotonic()
                    elif time.monotonic() - since > SILENCE:
                        hung = True
                        process.kill()
                        process.wait()
                        break
        started = None
        with open(status, encoding="utf-8") as file:
            for line in file:
                record = json.loads(line)
                if record["state"] == "start":
                    started = record["case"]
                else:
                    # The short form first: the last line of a traceback may be a note.
                    error = record.get("short", "") + "\n" + record.get("error", "")
                    results[record["case"]] = (record["state"], error)
                    started = None
        if process.returncode == 0:
            return None
        with open(log_path, encoding="utf-8", errors="replace") as file:
            log = file.read()[-3000:]
        how = "hung" if hung else "died with exit code %s" % process.returncode
        return started, "%s\n%s" % (how, log)
