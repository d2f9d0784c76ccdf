"""Every opcode of every Python is in some case of tests/fixtures/cases/opcodes, which the matrix then runs everywhere.

    python tests/opcodes/run.py [--show]

Each Python that is found disassembles the cases (emitted.py); what no case can hold is listed in never.txt, with the reason.
A Python that never.txt does not mention is shown, not judged: what it has that is new needs a case, or a line there.
"""

import argparse
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "matrix"))
import interpreters  # noqa: E402

CPYTHONS = [label for label in interpreters.PYTHONS if label[0].isdigit()]
_WHERE = re.compile(r"(?:pypy)?\d+\.\d+(?:-\d+\.\d+)?")


def never():
    """{label: {opcode: why it is in no case}}"""
    listed = {}
    reason = None
    with open(os.path.join(HERE, "never.txt"), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip() or line.startswith("#"):
                continue
            if not line.startswith(" "):
                reason = line.strip()
                continue
            words = line.split()
            where = [word for word in words if _WHERE.fullmatch(word)]
            for label in (label for word in where for label in labels(word)):
                for name in words[len(where) :]:
                    before = listed.setdefault(label, {}).setdefault(name, reason)
                    if before is not reason:
                        raise SystemExit("never.txt:%d: %s of %s is listed twice" % (number, name, label))
    return listed


def labels(where):
    """The Pythons from one to another."""
    first, _, last = where.partition("-")
    if not last:
        return [first]
    return CPYTHONS[CPYTHONS.index(first) : CPYTHONS.index(last) + 1]


def emitted(interpreter):
    """What emitted.py prints there."""
    command = [*interpreter.command, os.path.join(HERE, "emitted.py")]
    env = interpreters.environment()
    done = subprocess.run(command, env=env, cwd=HERE, capture_output=True, timeout=300)
    if done.returncode:
        raise SystemExit("%s: %s" % (interpreter.label, done.stderr.decode("utf-8", "replace")))
    return json.loads(done.stdout.decode())


def judge(found, listed):
    """What is wrong, in words."""
    for name in sorted(set(found["known"]) - set(found["emitted"]) - set(listed)):
        yield "%s is in no case, and never.txt does not say why" % name
    for name in sorted(listed):
        if name in found["emitted"]:
            yield "%s is listed in never.txt, and %s has it" % (name, found["emitted"][name])
        elif name not in found["known"]:
            yield "%s is listed in never.txt, and does not exist" % name


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", action="store_true", help="each opcode, and a case that has it")
    options = parser.parse_args()
    listed = never()
    passed = failed = 0
    for interpreter in interpreters.find(pyodide=True):
        found = emitted(interpreter)
        # Builds without the GIL and for WebAssembly have the compiler of the same version.
        label = re.sub(r"^pyodide|t$", "", interpreter.label)
        problems = list(judge(found, listed[label])) if label in listed else []
        wanted = len(set(found["known"]) - set(listed.get(label, ())))
        print(
            "opcodes %s: %d of %d in a case, %d in none can be%s"
            % (
                interpreter.label,
                len(found["emitted"]),
                wanted,
                len(found["known"]) - wanted,
                "" if label in listed else " (never.txt does not mention this Python: not judged)",
            )
        )
        for name, case in sorted(found["emitted"].items()) if options.show else ():
            print("    %s: %s" % (name, case))
        for problem in problems:
            print("FAILED opcodes %s: %s" % (interpreter.label, problem))
        failed += bool(problems)
        passed += not problems and label in listed
    print("opcodes: %d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
