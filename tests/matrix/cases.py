"""Find the case files and read what they demand, without importing them.

Runs on every Python from 3.7, PyPy included; standard library only.
"""

import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(os.path.dirname(HERE), "fixtures", "cases")

# Read with a regular expression, since the file may not compile on this Python.
_MIN = re.compile(rb"^MIN = \((\d+), (\d+)\)", re.MULTILINE)
_LOADS = re.compile(rb"^LOADS = \((\d+), (\d+)\)", re.MULTILINE)
_REQUIRES = re.compile(rb"^REQUIRES = \"([\w.]+)\"", re.MULTILINE)


class Case:
    """One file of the fixture folder: its dotted name, path and demands."""

    def __init__(self, name, path):
        self.name = name
        self.path = path
        with open(path, "rb") as file:
            head = file.read()
        #: The oldest Python that can define it, and the oldest that its payload loads on.
        self.min = self._version(_MIN, head, (3, 7))
        self.loads = self._version(_LOADS, head, self.min)
        match = _REQUIRES.search(head)
        self.requires = match.group(1).decode() if match else None

    @staticmethod
    def _version(pattern, head, default):
        match = pattern.search(head)
        return tuple(int(part) for part in match.groups()) if match else default


def find(root=CASES):
    """All cases, sorted by name."""
    found = []
    for folder, _, files in os.walk(root):
        for file in files:
            if file.endswith(".py") and not file.startswith("_"):
                path = os.path.join(folder, file)
                name = os.path.relpath(path, root)[: -len(".py")].replace(os.sep, ".")
                found.append(Case(name, path))
    return sorted(found, key=lambda case: case.name)


def available(module):
    """Whether a case's REQUIRES is met here."""
    if module is None:
        return True
    try:
        __import__(module)
    except Exception:  # A module that fails to import is as good as missing.
        return False
    return True
