"""The same object gives the same bytes: in every process, from every directory, on every version.

    python tests/determinism/run.py [--jobs N]

Dumps the fixture folder with every CPython that is found, under three hash seeds, from two directories, in two orders. Each
case has to give one payload and one fingerprint. CODEPICKLE_PATH is the folder that holds the package under test.
"""

import argparse
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKOUT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "matrix"))
import cases  # noqa: E402
import interpreters  # noqa: E402

SEEDS = ["0", "1", "4294967295"]
EXPECTED = os.path.join(HERE, "_expected.txt")


def expected():
    """{case: why its bytes differ}"""
    with open(EXPECTED, encoding="utf-8") as file:
        lines = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    return dict(line.split(": ", 1) for line in lines)


def hashes(interpreter, seed, folder, reverse):
    """What hashes.py prints there: {case: [payload, fingerprint]}."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYENV_V"))}
    package = os.environ.get("CODEPICKLE_PATH") or os.path.join(CHECKOUT, "python")
    env.update(PYTHONPATH=package, PYTHONHASHSEED=seed, PYTHONDONTWRITEBYTECODE="1")
    command = [interpreter.path, os.path.join(HERE, "hashes.py"), folder] + (["--reverse"] if reverse else [])
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, timeout=300)
    if done.returncode:
        raise SystemExit("%s: %s" % (interpreter.label, done.stderr.decode("utf-8", "replace")))
    return json.loads(done.stdout.decode())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    pythons = [found for found in interpreters.find() if found.can_dump]
    with tempfile.TemporaryDirectory() as scratch:
        elsewhere = os.path.join(scratch, "else", "where")
        shutil.copytree(cases.CASES, elsewhere)
        runs = [
            (python, seed, folder, folder != cases.CASES)
            for python in pythons
            for seed in SEEDS
            for folder in (cases.CASES, elsewhere)
        ]
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            results = list(pool.map(lambda run: hashes(*run), runs))
    found = {}
    for (python, seed, _, reverse), digests in zip(runs, results):
        where = "%s seed %s%s" % (python.label, seed, " in another folder" if reverse else "")
        for case, pair in digests.items():
            for what, digest in zip(("payload", "fingerprint"), pair):
                found.setdefault(case, {}).setdefault(what, {}).setdefault(digest, []).append(where)

    known, failed = expected(), 0
    for case, whats in sorted(found.items()):
        differing = {what: digests for what, digests in whats.items() if len(digests) > 1}
        if bool(differing) == (case in known):
            continue
        failed += 1
        if not differing:
            print("FAILED %s: the same everywhere, take it from %s" % (case, os.path.basename(EXPECTED)))
        for what, digests in differing.items():
            print("FAILED %s: %d different %ss" % (case, len(digests), what))
            for digest, places in digests.items():
                print("    %s: %s" % (digest[:100], ", ".join(places)))
    for case in sorted(set(known) - set(found)):
        failed += 1
        print("FAILED %s: listed in %s, no such case" % (case, os.path.basename(EXPECTED)))
    print(
        "determinism: %d of %d passed, %d differ for a reason (%s; %d seeds, 2 folders, 2 orders)"
        % (
            len(found) - failed,
            len(found),
            len(known),
            ", ".join(python.label for python in pythons),
            len(SEEDS),
        )
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
