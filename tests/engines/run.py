"""The grid: real engines on loopback, their workers on other Pythons than the client's.

    python tests/engines/run.py                      all engines, all versions, also as they are without Codepickle
    python tests/engines/run.py --ci                 what CI has time for
    python tests/engines/run.py --engines dask,ray --modes codepickle

The engines are installed from PyPI into .venv/engines-*. What is under test is in the folder CODEPICKLE_PATH, by default
.cache/site, where `make test` unpacks the wheel.
"""

import argparse
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKOUT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(CHECKOUT, "tools"))
from common import CACHE, IN_CI, Failure, environment, main, pythons, venv  # noqa: E402

#: The client; the last that all of the engines' versions below have.
CLIENT = "3.11"
LIGHT = ["distributed==2023.5.0", "dask==2023.5.0", "ipyparallel==9.0.2", "ipykernel", "celery==5.5.3", "redis"]
LIGHT += ["joblib>=1.3,<1.6", "execnet", "setuptools<81"]
LIGHT += ["pathos==0.3.3", "ppft==1.7.6.9", "multiprocess==0.70.17", "dill==0.3.9"]
MORE = ["submitit==1.5.3", "mpi4py==4.1.2", "mpich==5.0.2", "setuptools<81"]
MORE += [name + "; python_version >= '3.9'" for name in ("parsl==2025.9.22", "executorlib==1.11.0")]
FROM_3_8 = ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13"]
FROM_3_9 = FROM_3_8[1:]


class Engine:
    """What is installed for an engine, and where it is tried."""

    def __init__(
        self,
        name,
        folder="",
        packages=(),
        versions=(),
        ci=(),
        alone=False,
        client_only=False,
        needs="",
        ours=False,
        older=None,
        portable=True,
    ):
        self.name = name
        #: Engines with one set of packages share environments.
        self.folder = folder
        self.packages = list(packages)
        self.versions = versions
        #: Versions of the workers in CI; none if it has no time for the engine.
        self.ci = ci
        #: Whether client and workers are of one version.
        self.alone = alone
        #: Whether the workers need nothing installed.
        self.client_only = client_only
        self.needs = needs
        #: Whether it is a part of Codepickle, which there is in no other mode.
        self.ours = ours
        #: By version, other packages than those above.
        self.older = older or {}
        #: Whether its workers, not knowing Codepickle, are tried with portable functions.
        self.portable = portable and not (alone or ours)


ENGINES = [
    Engine("dask", "engines", LIGHT, FROM_3_8, ["3.8", "3.9", "3.13"]),
    Engine("dask-newest", "engines-dask", ["distributed==2026.8.0", "dask==2026.8.0"], FROM_3_9[1:]),
    Engine(
        "ipyparallel",
        "engines",
        LIGHT,
        ["3.7", *FROM_3_8],
        ["3.8", "3.9", "3.13"],
        older={"3.7": ["ipyparallel==8.6.1", "ipykernel"]},
    ),
    Engine("celery", "engines", LIGHT, FROM_3_8, ["3.8", "3.9", "3.13"], needs="redis-server"),
    Engine("joblib", "engines", LIGHT, FROM_3_8, ["3.8", "3.13"], alone=True),
    Engine(
        "interpreters",
        "engines",
        LIGHT,
        ["3.7", *FROM_3_8, "3.14", "3.15", "pypy3.9"],
        ["3.7", "3.9", "3.13", "3.14", "pypy3.9"],
        client_only=True,
        ours=True,
    ),
    Engine("processes", versions=["3.7", *FROM_3_8, "3.14", "3.15"], ci=["3.7", "3.11", "3.14"], alone=True),
    Engine(
        "pyspark",
        "engines-spark",
        ["pyspark==3.5.7", "setuptools<81"],
        FROM_3_8,
        ["3.8", "3.9", "3.13"],
        client_only=True,
        needs="java",
    ),
    Engine("ray", "engines-ray", ["ray==2.51.2"], FROM_3_9, ["3.9", "3.13"]),
    Engine("ppft", "engines", LIGHT, FROM_3_8, ["3.8", "3.9", "3.13"], portable=False),
    Engine("pathos", "engines", LIGHT, FROM_3_8, ["3.8", "3.13"], alone=True),
    Engine("parsl", "engines-more", MORE, FROM_3_9),
    Engine("mpi", "engines-more", MORE, FROM_3_8),
    Engine("submitit", "engines-more", MORE, FROM_3_8),
    # On 3.9 it can be installed, and not imported.
    Engine("executorlib", "engines-more", MORE, FROM_3_9[1:]),
    Engine("globus", "engines-globus", ["globus-compute-sdk==4.2.0", "setuptools<81"], FROM_3_9),
    Engine("mlflow", "engines-mlflow", ["mlflow-skinny==3.1.4", "pandas<4", "numpy"], FROM_3_9, portable=False),
    Engine("prefect", "engines-prefect", ["prefect==3.4.25"], FROM_3_9),
]
#: Seconds for one engine in one mode; what takes this long hangs.
TIMEOUT = 600


class Grid:
    def __init__(self, found, ci):
        self.found = found
        self.ci = ci
        #: (engine, mode, version) -> {probe: outcome}
        self.table = {}
        self.lock = threading.Lock()

    def tasks(self, engine, mode):
        """What to drive, as arguments of `drive`."""
        versions = [version for version in (engine.ci if self.ci else engine.versions) if version in self.found]
        if not versions:
            return []
        if engine.needs and not shutil.which(engine.needs):
            if IN_CI:
                raise Failure("%s is missing, which %s needs" % (engine.needs, engine.name))
            print("%s: left out, there is no %s" % (engine.name, engine.needs))
            return []
        if engine.alone:
            return [(engine, mode, version, [version]) for version in versions]
        if CLIENT not in self.found:
            raise Failure("the client is Python %s, which was not found" % CLIENT)
        if mode == "default":
            # A task may kill its worker, or be waited for in vain: two versions show that.
            others = [version for version in versions if version != CLIENT]
            versions = sorted({*others[:1], *others[-1:]}, key=versions.index)
        return [(engine, mode, CLIENT, versions)]

    def run(self, engines, modes, jobs):
        tasks = []
        for engine in engines:
            for mode in modes:
                # What is spawned by the standard library, or joblib, needs no carrier: it has this Python's path.
                if (mode == "portable" and not engine.portable) or (mode == "default" and engine.ours):
                    continue
                tasks += self.tasks(engine, mode)
        wanted = {}
        for engine, _, client, versions in tasks:
            for version in [client, *([] if engine.client_only else versions)]:
                wanted.setdefault(self.environment_of(engine, version), (engine, version))
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            list(pool.map(lambda pair: self.python(*pair), wanted.values()))
            for future in [pool.submit(self.drive, *task) for task in tasks]:
                future.result()

    def drive(self, engine, mode, client, versions):
        workers = []
        for version in versions:
            path = self.found[version].path
            if not engine.client_only:
                path = self.python(engine, version)
            workers.append("%s=%s" % (version, path))
        script = [os.path.join(HERE, "drive.py"), engine.name, mode]
        command = [str(self.python(engine, client)), *script, *workers]
        output, noise, ended = self.call(command, mode)
        if ended and mode != "default":
            # A cluster may miss its own deadlines while a busy machine starts it; what a task gives is not asked twice.
            print("%s: %s; once more" % (engine.name, ended))
            output, noise, ended = self.call(command, mode)
        for line in output.splitlines():
            if line.startswith('["'):
                version, probe, outcome = json.loads(line)
                with self.lock:
                    self.table.setdefault((engine.name, mode, version), {})[probe] = outcome
        if ended:
            for version in versions:
                with self.lock:
                    self.table.setdefault((engine.name, mode, version), {})["end"] = ended
            if mode != "default":
                print(noise[-4000:])

    def faults(self):
        """What faults.py finds, with Dask's environments: its checks that passed, and those that failed."""
        engine = ENGINES[0]
        versions = [version for version in engine.versions if version in self.found]
        # Four, the oldest and the newest among them.
        versions = [*versions[:1], *versions[-3:]]
        workers = ["%s=%s" % (version, self.python(engine, version)) for version in versions]
        command = [str(self.python(engine, CLIENT)), os.path.join(HERE, "faults.py"), *workers]
        output, noise, ended = self.call(command, "codepickle")
        passed = failed = 0
        for line in output.splitlines():
            if line.startswith('["'):
                _, check, outcome = json.loads(line)
                print("%s: %s" % (check, outcome))
                passed, failed = passed + (outcome == "ok"), failed + (outcome != "ok")
            elif line.startswith("# "):
                print(line[2:])
        if ended:
            print("%s\n%s" % (noise[-4000:], ended))
        return passed, failed + bool(ended)

    def call(self, command, mode):
        """Standard output, standard error, and what is to be said of the end, if anything."""
        site = os.environ.get("CODEPICKLE_PATH") or str(CACHE / "site")
        env = environment(CODEPICKLE_PATH=site, PYTHONPATH="" if mode == "default" else site)
        env["ENGINES_FORMS"] = "" if self.ci else "1"
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(
                command, env=env, stdout=subprocess.PIPE, stderr=errors, stdin=subprocess.DEVNULL
            )
            try:
                output, _ = process.communicate(timeout=TIMEOUT)
                ended = "the client ended with %d" % process.returncode if process.returncode else ""
            except subprocess.TimeoutExpired:
                process.terminate()
                try:
                    output, _ = process.communicate(timeout=60)
                except subprocess.TimeoutExpired:
                    # An engine waits at its end for what never comes.
                    process.kill()
                    output, _ = process.communicate()
                ended = "stopped after %d s" % TIMEOUT
            errors.seek(0)
            return output.decode(errors="replace"), errors.read().decode(errors="replace"), ended

    def python(self, engine, version):
        if not engine.packages:
            return self.found[version].path
        packages = engine.older.get(version, engine.packages)
        return venv(self.environment_of(engine, version), packages, self.found[version].path)

    def environment_of(self, engine, version):
        return "%s-%s" % (engine.folder, version)

    def show(self):
        versions = [label for label in self.found if any(key[2] == label for key in self.table)]
        print("\n%-26s%s" % ("engine", "".join("%7s" % version for version in versions)))
        order = [engine.name for engine in ENGINES]
        for engine, mode in sorted({key[:2] for key in self.table}, key=lambda key: (order.index(key[0]), key[1])):
            cells = []
            for version in versions:
                outcomes = self.table.get((engine, mode, version))
                good = sum(outcome == "ok" for outcome in (outcomes or {}).values())
                cells.append("%d/%d" % (good, len(outcomes)) if outcomes else "")
            name = {"codepickle": engine, "portable": engine + ", portable", "default": engine + ", as it is"}[mode]
            print("%-26s%s" % (name, "".join("%7s" % cell for cell in cells)))

    def failures(self):
        for (engine, mode, version), outcomes in self.table.items():
            for probe, outcome in outcomes.items():
                if outcome != "ok":
                    yield engine, mode, version, probe, outcome


def cli():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engines", help="joined by commas; all by default")
    parser.add_argument("--modes", default="codepickle,portable,default", help="joined by commas")
    parser.add_argument("--ci", action="store_true", help="fewer versions")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--verbose", action="store_true", help="also what fails without Codepickle, in full")
    options = parser.parse_args()
    engines = [e for e in ENGINES if not options.engines or e.name in options.engines.split(",")]
    grid = Grid(pythons(), options.ci)
    grid.run(engines, options.modes.split(","), options.jobs)
    failed = list(grid.failures())
    for engine, mode, version, probe, outcome in failed:
        if mode != "default" or options.verbose:
            print("%s, %s, %s: %s: %s" % (engine, mode, version, probe, outcome))
    grid.show()
    ours = sum(len(outcomes) for key, outcomes in grid.table.items() if key[1] != "default")
    bad = sum(mode != "default" for _, mode, _, _, _ in failed)
    if not options.ci and any(engine.name == "dask" for engine in engines):
        print()
        passed, failed = grid.faults()
        ours, bad = ours + passed + failed, bad + failed
    print("\nengines: %d of %d passed" % (ours - bad, ours))
    return 1 if bad or not ours else 0


if __name__ == "__main__":
    main(cli)
