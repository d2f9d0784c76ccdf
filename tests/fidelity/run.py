"""Fidelity: every function of the standard library, dumped by value and loaded, has the code object that it had.

    python tests/fidelity/run.py [--show N] [MODULE...]

Measures the Python that runs it. CODEPICKLE_PATH is the folder that holds the package under test. Each function must
come back identical (bytecode, constants, names, flags, exception table, the line and column of every instruction), or
identical to what the same source compiles to without the two facts about its module that do not travel (see
compare.py), or be refused with an error. Never anything else. At least 99.9 % must come back.

The work is done by worker.py in processes that are started again behind a module that kills them.
"""

import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
import time

import modules

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKOUT = os.path.dirname(os.path.dirname(HERE))
REQUIRED = 99.9
# A module that says nothing for so long waits for something that never comes.
SILENCE = 120


def package_path():
    return os.environ.get("CODEPICKLE_PATH") or os.path.join(CHECKOUT, "python")


class Findings:
    """What all workers reported."""

    def __init__(self):
        self.counts = collections.Counter()
        self.not_imported = {}
        self.refused = []
        self.wrong = []
        self.generated = collections.Counter()
        self.died = []

    def add(self, record):
        if record["what"] == "not imported":
            self.not_imported[record["module"]] = record["why"]
        elif record["what"] == "functions":
            self.counts.update(record["counts"])
            self.generated.update(record["generated"])
            self.refused += record["refused"]
            self.wrong += record["wrong"]

    @property
    def functions(self):
        return sum(self.counts.values())

    @property
    def share(self):
        good = self.counts["identical"] + self.counts["module facts"]
        return 100.0 * good / self.functions if self.functions else 0.0

    @property
    def passed(self):
        return self.share >= REQUIRED and not self.wrong and not self.died


def work(names, findings):
    """Measure the modules `names` in as many processes as it takes, one after the other."""
    left = list(names)
    while left:
        with tempfile.TemporaryDirectory() as folder:
            status = os.path.join(folder, "status")
            code, log = attempt(left, status, folder)
            done = []
            started = None
            with open(status, encoding="utf-8") as file:
                for line in file:
                    record = json.loads(line)
                    started = record["module"] if record["what"] == "start" else started
                    if record["what"] == "done":
                        done.append(record["module"])
                    findings.add(record)
        if code == 0:
            return
        # One module's import may end the process; those after it are measured in the next.
        culprit = started if started not in done else None
        findings.died.append("%s: exit code %s\n%s" % (culprit, code, log[-2000:]))
        if culprit is None:
            return
        left = left[left.index(culprit) + 1 :]


def attempt(names, status, folder):
    open(status, "w").close()
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    env.update(PYTHONPATH=package_path(), PYTHONDONTWRITEBYTECODE="1", CODEPICKLE_STATUS=status)
    log_path = os.path.join(folder, "log")
    with open(log_path, "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", os.path.join(HERE, "worker.py")],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=env,
            cwd=folder,
        )
        process.stdin.write("\n".join(names).encode())
        process.stdin.close()
        size, since = -1, time.monotonic()
        while process.poll() is None:
            time.sleep(0.2)
            now = os.path.getsize(status)
            if now != size:
                size, since = now, time.monotonic()
            elif time.monotonic() - since > SILENCE:
                process.kill()
                process.wait()
    with open(log_path, encoding="utf-8", errors="replace") as file:
        return process.returncode, file.read()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*")
    parser.add_argument("--show", type=int, default=15, help="how many of each kind of finding are named")
    options = parser.parse_args()
    began = time.monotonic()
    names, skipped = modules.find()
    if options.modules:
        names, skipped = options.modules, {}
    findings = Findings()
    work(names, findings)
    report(findings, names, skipped, options.show)
    print("fidelity: %.0f s" % (time.monotonic() - began))
    return 0 if findings.passed else 1


def report(findings, names, skipped, limit):
    reasons = collections.Counter(skipped.values())
    print("%d modules; not imported on purpose: %d" % (len(names), len(skipped)))
    for reason, count in sorted(reasons.items()):
        print("    %d: %s" % (count, reason))
    print("cannot be imported on this machine: %d" % len(findings.not_imported))
    for name, why in sorted(findings.not_imported.items()):
        print("    %s: %s" % (name, why))
    print("generated by the standard library, rebuilt from declarations and not counted:")
    for kind, count in sorted(findings.generated.items()):
        print("    %d: %s" % (count, kind))
    for title, entries in [("refused", findings.refused), ("WRONG", findings.wrong), ("DIED", findings.died)]:
        for entry in sorted(entries)[:limit]:
            print("%s: %s" % (title, entry))
        if len(entries) > limit:
            print("%s: and %d more" % (title, len(entries) - limit))
    counts = findings.counts
    print(
        "fidelity CPython %d.%d: %d functions, %d identical and %d but for module facts (%.2f %%), %d refused, %d wrong"
        % (
            *sys.version_info[:2],
            findings.functions,
            counts["identical"],
            counts["module facts"],
            findings.share,
            counts["refused"],
            counts["wrong"] + len(findings.died),
        )
    )


if __name__ == "__main__":
    sys.exit(main())
