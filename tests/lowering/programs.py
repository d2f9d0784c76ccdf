"""Programs made at random do, lowered, what they do as they are: results, exceptions, and the order of what happens.

    cargo build --release -p codepickle-source --example lower
    python3 tests/lowering/programs.py --newest python3.13 --count 2000 python3.7 pypy3

The original and its form for 3.7 run on the newest Python, and must agree in the lines of tracebacks, too; then each older Python runs the
form for it. The programs are numbered: `--first 17 --count 1 --show` repeats one.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile

import grammar
import tool

#: What may be refused, as the documentation says; at most this part of the programs.
REFUSED = ("positional-only parameter", "assignment expression", "type parameters")
MOST_REFUSED = 0.1
#: How many programs one process runs.
BATCH = 250


def shown(done):
    """Without what no lowering gives: whose variable it is that has no value, where annotations of a generic function are evaluated."""
    text = json.dumps([[name, without_lines(outcome), log] for name, outcome, log in done])
    return json.loads(text.replace("UnboundLocalError", "NameError"))


def without_lines(outcome):
    """Up to 3.13 the group that `except*` puts around a single exception has no traceback; and how a name is missing may vary."""
    if outcome[0] == "raised" and outcome[1] in ("NameError", "UnboundLocalError"):
        return outcome[:2] + outcome[3:]
    is_around = outcome[0] == "raised" and outcome[1] == "ExceptionGroup" and outcome[2].startswith(" (")
    return outcome[:3] if is_around else outcome


def coarse(done):
    """Without what versions say in other words, too, and the lines of expressions that take several."""
    text = json.dumps(
        [[name, outcome[:2] if outcome[0] == "raised" else outcome, log] for name, outcome, log in shown(done)]
    )
    return json.loads(re.sub(r"typing\.Unpack\[(\w+)\]", r"*\1", text))


def is_program(done):
    """Whether the newest Python takes it, and does not fail itself: 3.12 and 3.13 may raise SystemError for type parameters in classes."""
    return done[0][0] != "failed" and "SystemError" not in json.dumps(done)


def lacks(python, version):
    """What programs may need that this Python has not, and lowering does not give."""
    found = {"groups"} if tool.lacks_groups(python, version) else set()
    # 3.12 has type parameters, without `__default__`.
    return found | ({"defaults"} if version == "3.12" else set())


class Runner:
    def __init__(self, folder):
        self.folder = folder
        self.count = 0

    def start(self, python, programs, number):
        path = os.path.join(self.folder, "programs-%d.json" % number)
        out = os.path.join(self.folder, "done-%d.json" % number)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(programs, file)
        script = os.path.join(tool.HERE, "programs_child.py")
        subprocess.run([python, "-X", "utf8", script, path, out], check=True, timeout=600)
        with open(out, encoding="utf-8") as file:
            return json.load(file)

    def run(self, python, programs):
        """What each did."""
        batches = [programs[at : at + BATCH] for at in range(0, len(programs), BATCH)]
        self.count += len(batches)
        numbers = range(self.count - len(batches), self.count)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            done = pool.map(lambda batch, number: self.start(python, batch, number), batches, numbers)
            return [one for batch in done for one in batch]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    tool.add_option(parser)
    parser.add_argument("--newest", default=sys.executable, help="runs the originals")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--show", action="store_true", help="print the texts")
    parser.add_argument("pythons", nargs="+")
    args = parser.parse_args()
    numbers = range(args.first, args.first + args.count)
    newest = tool.version_of(args.newest)
    programs = {number: grammar.program(number, tool.number(newest)) for number in numbers}
    texts = {number: program.text for number, program in programs.items()}
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(folder)
        original = dict(zip(numbers, runner.run(args.newest, [[text, []] for text in texts.values()])))
        # What the newest Python does not take is no program.
        numbers = [number for number in numbers if is_program(original[number])]
        reasons = collections.Counter(done[0][1] for done in original.values() if done[0][0] == "failed")
        failures = []
        if len(numbers) < 0.8 * args.count:
            failures.append("too many are no programs: %s" % reasons.most_common(5))
        equal = 0
        for python in [args.newest, *args.pythons]:
            is_newest = python == args.newest
            version = "3.7" if is_newest else tool.version_of(python)
            lacking = set() if is_newest else lacks(python, version)
            there = [number for number in numbers if not lacking & programs[number].needs]
            answers = tool.lower_all(args.lower, [texts[number] for number in there], version)
            taken = []
            refused = 0
            for number, answer in zip(there, answers):
                if answer.status != "error":
                    taken.append((number, answer))
                elif any(what in answer.text for what in REFUSED):
                    refused += 1
                else:
                    failures.append("%s: program %d: %s" % (version, number, answer.text))
            if refused > MOST_REFUSED * len(there):
                failures.append("%s: %d of %d are refused" % (version, refused, len(there)))
            again = tool.lower_all(args.lower, [answer.text for _, answer in taken], version)
            done = runner.run(python, [[answer.text, answer.inserted] for _, answer in taken])
            for (number, answer), found, twice in zip(taken, done, again):
                expected = original[number]
                same = shown if is_newest else coarse
                if twice.status != "same":
                    failures.append("%s: program %d: the lowered text: %s" % (version, number, twice.status))
                if version == "3.12" and not is_program(found) and found[0][0] != "failed":
                    continue  # a failure of 3.12 itself
                if found[0][0] == "failed":
                    failures.append("%s: program %d: %s" % (python, number, found[0][1]))
                elif same(found) != same(expected):
                    differ = [pair for pair in zip(same(expected), same(found)) if pair[0] != pair[1]]
                    failures.append("%s: program %d:\n  expected %s\n  found    %s" % (python, number, *differ[0]))
                else:
                    equal += 1
                if args.show:
                    print("%s\n%s\n%s" % (texts[number], python, answer.text))
            left_out = len(numbers) - len(there)
            why = ", %d left out, which need %s" % (left_out, " or ".join(sorted(lacking))) if left_out else ""
            print("%s: %d programs, %d refused%s" % (python, len(taken), refused, why), flush=True)
    for failure in failures[:40]:
        print("FAILED", failure[:1500])
    print("programs: %d passed, %d failed" % (equal, len(failures)))
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
