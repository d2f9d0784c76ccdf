"""`make bench`: build the wheels, install the fitting one beside the peers, run benches/run.py into docs/benchmarks."""

import subprocess
import sys

import build
from common import ROOT, environment, main, pip, venv
from prepare import FROM_DIST, wanted

#: The peers, and what draws.
PEERS = ["cloudpickle==3.1.2", "dill==0.4.1", "matplotlib>=3.5,<4"]


def cli():
    build.wheels()
    python = venv("bench", PEERS)
    pip(python, "install", "--quiet", "--force-reinstall", *FROM_DIST, wanted())
    options = sys.argv[1:] or ["--folder", str(ROOT / "docs" / "benchmarks")]
    return subprocess.call([str(python), str(ROOT / "benches" / "run.py"), *options], env=environment())


if __name__ == "__main__":
    main(cli)
