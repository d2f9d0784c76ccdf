"""`PythonExecutor` by ssh: a real sshd on 127.0.0.1, and interpreters behind it.

    python tests/engines/over_ssh.py        a part of make grid; needs sshd (Debian: openssh-server) and PyPI
    python over_ssh.py --client CONFIG PYTHON...

What is under test is in the folder CODEPICKLE_PATH, by default .cache/site.
"""

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def client(config, *pythons):
    import codepickle

    step = 3

    def answers(x):
        import os
        import sys

        print("from there")
        return x + step, sys.version_info[:2], "SSH_CONNECTION" in os.environ

    def dies():
        import os

        os._exit(3)

    def fails():
        raise LookupError("there")

    def sleeps():
        import time

        time.sleep(600)

    passed = 0
    for python in pythons:
        where = "ssh=-F %s codepickle//python=%s" % (config, python)
        with codepickle.PythonExecutor([where], timeout=120) as pool:
            result, version, by_ssh = pool.submit(answers, 1).result()
            assert result == 4
            assert by_ssh
            try:
                pool.submit(fails).result()
            except LookupError as error:
                assert "in fails" in str(error.__cause__)
            else:
                raise AssertionError("nothing was raised")
            try:
                pool.submit(dies).result()
            except codepickle.InterpreterDied:
                pass
            else:
                raise AssertionError("it lives")
            slow = pool.submit(sleeps)
            while not slow.running():
                time.sleep(0.01)
            assert slow.cancel()
            assert pool.submit(answers, 2).result()[0] == 5
        print("%d.%d by ssh: ok" % version, flush=True)
        passed += 1
    print("ssh: %d of %d passed" % (passed, len(pythons)))


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o600)
    return path


@contextlib.contextmanager
def server(folder):
    """A daemon of this user's with keys of its own; yields the client's configuration."""
    sshd = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
    if sshd is None:
        raise Failure("sshd was not found: apt install openssh-server")
    for key in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", os.path.join(folder, key)], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    if os.geteuid() == 0:
        os.makedirs("/run/sshd", exist_ok=True)
    daemon = write(
        folder,
        "sshd_config",
        "Port %d\nListenAddress 127.0.0.1\nHostKey %s/host\nAuthorizedKeysFile %s/user.pub\nPidFile none\n"
        "StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n"
        % (port, folder, folder),
    )
    config = write(
        folder,
        "ssh_config",
        "Host codepickle\n HostName 127.0.0.1\n Port %d\n User %s\n IdentityFile %s/user\n IdentitiesOnly yes\n"
        " StrictHostKeyChecking no\n UserKnownHostsFile /dev/null\n LogLevel ERROR\n"
        % (port, getpass.getuser(), folder),
    )
    process = subprocess.Popen([sshd, "-D", "-e", "-f", daemon], stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        else:
            raise Failure("sshd did not start")
        yield config
    finally:
        process.terminate()
        process.wait(20)


def cli():
    found = pythons()
    there = [found[label].path for label in found if label[0].isdigit() and found[label].version >= (3, 8)]
    if CLIENT not in found:
        raise Failure("the client is Python %s, which was not found" % CLIENT)
    python = venv("ssh", ["execnet>=2"], found[CLIENT].path)
    site = os.environ.get("CODEPICKLE_PATH") or str(CACHE / "site")
    with tempfile.TemporaryDirectory(prefix="ssh-") as folder, server(folder) as config:
        command = [str(python), os.path.abspath(__file__), "--client", config, *there]
        return subprocess.call(command, env=environment(PYTHONPATH=site))


if __name__ == "__main__" and "--client" in sys.argv:
    client(*sys.argv[2:])
elif __name__ == "__main__":
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(HERE)), "tools"))
    from common import CACHE, Failure, environment, main, pythons, venv

    #: That of the other engines.
    CLIENT = "3.11"
    main(cli)
