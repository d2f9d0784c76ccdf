"""Pass every test, and say so in one table.

    python tools/test.py                everything; builds the wheels first
    python tools/test.py --only lint    the steps whose name begins with one of these, joined by commas
    python tools/test.py --no-build     with the wheels that lie in dist/ already
    python tools/test.py --list         the names of the steps

Each step is a process with a log in .cache/logs; its output is shown when it fails. Steps of one phase run side by
side. Where CI=true, every Python that Codepickle serves has to be there.
"""

import argparse
import concurrent.futures
import os
import re
import subprocess
import time

import plan
from common import CACHE, IN_CI, ROOT, Failure, environment, main, missing

LOGS = CACHE / "logs"
# The slowest step takes a few minutes on two cores; what takes this long hangs.
TIMEOUT = 1500
# How much of a failed step's log is shown.
SHOWN = 400 if IN_CI else 80


class Result:
    """What became of a step."""

    def __init__(self, step, output, code, seconds):
        self.step = step
        self.output = output
        self.seconds = seconds
        self.passed, self.failed = step.count(output)
        if code and not self.failed:
            self.failed = 1
        elif not code and not self.passed and not self.failed:
            self.passed = 1
        self.ok = not code and not self.failed

    def show(self):
        print("%-6s %-28s %5.0f s" % ("ok" if self.ok else "FAILED", self.step.name, self.seconds), flush=True)
        if not self.ok:
            lines = self.output.rstrip().splitlines()
            for line in lines[-SHOWN:]:
                print("    | " + line)
            print("    the whole log: %s" % log_of(self.step).relative_to(ROOT), flush=True)


def log_of(step):
    return LOGS / (re.sub(r"[^\w.]+", "-", step.name) + ".log")


def execute(step):
    began = time.monotonic()
    code = 0
    with open(str(log_of(step)), "wb") as log:
        for command in step.commands:
            log.write(("$ %s\n" % " ".join(map(str, command))).encode())
            log.flush()
            code = call([str(part) for part in command], step, log)
            if code:
                break
    output = log_of(step).read_text(encoding="utf-8", errors="replace")
    return Result(step, output, code, time.monotonic() - began)


def call(command, step, log):
    try:
        return subprocess.call(
            command,
            cwd=str(ROOT),
            env=environment(CARGO_TERM_COLOR="never", NO_COLOR="1", PYTHONDONTWRITEBYTECODE="1", **step.env),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT,
        )
    except FileNotFoundError:
        log.write(missing(command[0]).encode())
    except subprocess.TimeoutExpired:
        log.write(("\nstopped after %d s" % TIMEOUT).encode())
    return 1


def run_phase(phase):
    results = []
    with concurrent.futures.ThreadPoolExecutor(phase.jobs) as pool:
        for future in concurrent.futures.as_completed([pool.submit(execute, step) for step in phase.steps]):
            result = future.result()
            result.show()
            results.append(result)
    return results


def summary(results, stopped):
    print("\nsummary")
    width = max(len(result.step.name) for result in results)
    for result in results:
        mark = " " if result.ok else "!"
        counts = "%d passed, %d failed" % (result.passed, result.failed)
        figures = result.step.figures(result.output)
        print("%s %-*s  %s" % (mark, width, result.step.name, figures[0] if len(figures) == 1 else counts))
        for figure in figures if len(figures) > 1 else ():
            print("  %-*s    %s" % (width, "", figure))
    for name in stopped:
        print("! %-*s  not run" % (width, name))
    passed = sum(result.passed for result in results)
    failed = sum(result.failed for result in results) + len(stopped)
    print("\n%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


def cli():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="names of steps, or how they begin, joined by commas")
    parser.add_argument("--no-build", action="store_true", help="take the wheels that are in dist/")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    began = time.monotonic()
    LOGS.mkdir(parents=True, exist_ok=True)

    phases = plan.phases(build=not options.no_build)
    if options.only:
        wanted = tuple(options.only.split(","))
        phases = [phase.only(lambda step: step.name.startswith(wanted)) for phase in phases]
    phases = [phase for phase in phases if phase.steps]
    if options.list:
        print("\n".join(step.name for phase in phases for step in phase.steps))
        return 0
    if not phases:
        raise Failure("no step is called like %r, see --list" % options.only)

    results = []
    while phases:
        phase = phases.pop(0)
        done = run_phase(phase)
        # In the order of the plan, whichever ended first.
        results += sorted(done, key=lambda result: phase.steps.index(result.step))
        if phase.needed and not all(result.ok for result in done):
            break
    stopped = [step.name for phase in phases for step in phase.steps]
    code = summary(results, stopped)
    print("%.0f min %02.0f s, %d cores" % (*divmod(time.monotonic() - began, 60), os.cpu_count()))
    return code


if __name__ == "__main__":
    main(cli)
