"""`make bench`: build the fast wheel, install it beside the peers, run benches/run.py."""

import subprocess
import sys

import build
from common import ROOT, environment, main, pip, venv
from prepare import FROM_DIST, wanted

PEERS = ["cloudpickle==3.1.2", "dill==0.4.1"]


def cli():
    build.wheels()
    python = venv("bench", PEERS)
    pip(python, "install", "--quiet", "--force-reinstall", *FROM_DIST, wanted())
    return subprocess.call([str(python), str(ROOT / "benches" / "run.py"), *sys.argv[1:]], env=environment())


if __name__ == "__main__":
    main(cli)
