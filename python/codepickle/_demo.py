"""``codepickle demo``: a function that goes to every Python of this machine, where nothing is installed."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, Callable, Dict, Tuple

from . import _interpreters
from ._inspect import inspect
from ._pickler import dumps
from ._policy import Policy, PolicyError

_NAMES = (*("3.%d" % minor for minor in range(7, 16)), "pypy3")

#: What the other Pythons execute. The standard `pickle` is all that it takes.
_THERE = """\
import pickle, platform, sys
deposit, level = pickle.loads(sys.stdin.buffer.read())
deposit(2)
print(platform.python_implementation(), platform.python_version(), level())
"""


def _account(balance: int) -> Tuple[Callable[[int], Any], Callable[[], int]]:
    """Two functions that share a variable, in syntax of 3.8: what neither bytecode nor plain source carries over."""

    def deposit(amount: int) -> None:
        nonlocal balance
        balance += amount

    return deposit, lambda: balance


def demo(show: Callable[[str], None]) -> bool:
    """Shows what a payload holds, and what every Python found here makes of it; whether all agree."""
    payload = dumps(_account(40), self_contained=True, pickle_by_reference=lambda obj: False)
    show("Two functions that share a variable, dumped by Python %d.%d:" % sys.version_info[:2])
    report = inspect(payload)
    for function in report.functions:
        show("\n  %s  %s, line %d" % (function.name, function.path, function.line))
        for line in function.source.split("\n"):
            show("  | " + line)
    show("\n%d bytes, the runtime included; inspect finds nothing worse than: %s" % (len(payload), report.worst))
    try:
        Policy().loads(payload)
    except PolicyError as error:
        show("A policy that approves nothing refuses it: %s" % error.refusals[0].message)
    approvals = [function.approval for function in report.functions]
    deposit, level = Policy(approved=approvals).loads(payload)
    deposit(2)
    show("One that approves these two loads it; after deposit(2), level() is %d." % level())
    show("\nThe same payload, loaded by the standard pickle of every Python here, with nothing installed:")
    good, found = True, 0
    for name, path in _pythons().items():
        done = subprocess.run([path, "-I", "-c", _THERE], input=payload, capture_output=True)
        said = done.stdout.decode().split()
        found += 1
        good &= said[-1:] == ["42"]
        show("  %-8s %s" % (name, " ".join(said) if said else done.stderr.decode("utf-8", "replace").strip()[-200:]))
    show("\n%s" % ("All %d agree." % found if good else "They do not agree."))
    return good


def _pythons() -> Dict[str, str]:
    found = {}
    for name in _NAMES:
        try:
            found[name] = _interpreters.find(name)
        except LookupError:
            continue
    return found
