"""docs/attacks.md: each file of `tests/attacks`, what `inspect` finds in it and why a policy refuses it.

python tests/attacks_table.py writes it; a test compares.
"""

import os
import runpy

import codepickle
from codepickle import Policy, PolicyError

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, "attacks")
PAGE = os.path.join(HERE, os.pardir, "docs", "attacks.md")
NAMES = sorted(name[:-3] for name in os.listdir(FOLDER) if name.endswith(".py"))

HEAD = """\
# Attacks tried

One line for each file of `tests/attacks`; `python tests/attacks_table.py` writes this page. *Found* is what [`inspect`](security.md) reports of it,
from the worst on; where there is nothing, the attack only costs too much, and a limit refuses it. *Stopped* is why `Policy()`, which allows plain data
alone, refuses to load it, before any of it was imported, compiled or called.

| attack | what it tries | found | stopped |
| --- | --- | --- | --- |
"""


def read(name):
    """Note and payload of an attack."""
    space = runpy.run_path(os.path.join(FOLDER, name + ".py"))
    return space["__doc__"].strip(), space["PAYLOAD"]


def stopped(payload):
    """Why the policy that allows plain data refuses it."""
    try:
        codepickle.loads(payload, policy=Policy())
    except PolicyError as error:
        return list(dict.fromkeys(refusal.code for refusal in error.refusals))
    raise AssertionError("it was loaded")


def found(payload):
    """What `inspect` finds, from the worst on."""
    findings = codepickle.inspect(payload).findings
    by_rank = sorted(findings, key=lambda finding: ("danger", "warning", "note").index(finding.severity))
    return list(dict.fromkeys(finding.code for finding in by_rank if finding.severity != "note"))


def page():
    lines = []
    for name in NAMES:
        note, payload = read(name)
        note = " ".join(note.split()).replace("|", "\\|").replace("<", "&lt;")
        lines.append("| `%s` | %s | %s | %s |\n" % (name, note, _codes(found(payload)), _codes(stopped(payload))))
    return HEAD + "".join(lines)


def _codes(codes):
    return ", ".join("`%s`" % code for code in codes[:4]) + (", ..." if len(codes) > 4 else "")


if __name__ == "__main__":
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(page())
