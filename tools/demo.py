"""`make demo`: build the native module, find the Pythons, get cloudpickle to compare with, run examples/demo."""

import subprocess
import sys

import build
from common import CACHE, ROOT, Failure, environment, main, pip, pythons, venv

# The newest, and the last for Python 3.7; both are pure Python, so one copy serves every version.
CLOUDPICKLE = "3.1.2"
CLOUDPICKLE_OLD = "2.2.1"


def cloudpickle(version):
    """A folder that holds nothing but this cloudpickle."""
    folder = CACHE / ("cloudpickle-" + version)
    if not (folder / "cloudpickle").exists():
        # pip of the environment, not of the machine: Debian's is not always there.
        python = venv("build", [build.MATURIN])
        pip(python, "install", "--quiet", "--no-deps", "--target", folder, "cloudpickle==" + version)
    return folder


def cli():
    build.dev()
    command = [sys.executable, ROOT / "examples" / "demo" / "run.py"]
    try:
        command += ["--cloudpickle", cloudpickle(CLOUDPICKLE), "--cloudpickle-old", cloudpickle(CLOUDPICKLE_OLD)]
    except Failure as failure:
        print("cloudpickle cannot be had for comparison: %s" % failure)
    for label, interpreter in pythons().items():
        command += ["--consumer", "%s=%s" % (label, interpreter.path)]
    env = environment(PYTHONPATH=ROOT / "python")
    return subprocess.call([str(part) for part in command], env=env)


if __name__ == "__main__":
    main(cli)
