"""`make bench`: build the wheels, install the fitting one beside the peers, run benches/run.py into docs/benchmarks."""

import subprocess
import sys

import build
from common import DIST, ROOT, environment, main, pip, venv
from prepare import FROM_DIST, wanted

#: The peers, and what draws.
PEERS = ["cloudpickle==3.1.2", "dill==0.4.1", "matplotlib>=3.5,<4"]


def cli():
    build.wheels()
    python = venv("bench", PEERS)
    pip(python, "install", "--quiet", "--force-reinstall", *FROM_DIST, wanted())
    # The wheel for older Pythons, to say what the other one gains.
    older = venv("bench-py37")
    pip(older, "install", "--quiet", "--force-reinstall", "--no-deps", next(DIST.glob("codepickle-*-cp37-abi3-*.whl")))
    options = sys.argv[1:] or ["--folder", str(ROOT / "docs" / "benchmarks"), "--readme", str(ROOT / "README.md")]
    options += ["--other", str(older)]
    return subprocess.call([str(python), str(ROOT / "benches" / "run.py"), *options], env=environment())


if __name__ == "__main__":
    main(cli)
