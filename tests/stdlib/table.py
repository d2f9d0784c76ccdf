"""The list of instances of the standard library, and how an entry of it is written.

Runs on every Python from 3.7; standard library only. An entry is

    entry(name, make, check=None, since=(3, 7), until=None)

`make()` gives the object to dump. On the receiver ``check(obj)`` must be true; without a check, the object must be of the
type that `make()` gives there, and equal to it. `since` is the version that the type is of: older Pythons neither dump nor load it.
`until` is the last version that dumps it; newer ones load it.

    refused(name, make, pattern, since=(3, 7))

is an object that no version may dump: the PicklingError must match `pattern` and name the path to the object.
"""

import glob
import importlib.util
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


class Entry:
    """One line of the list."""

    def __init__(self, name, make, check, since, until=None, pattern=None):
        self.name = name
        self.make = make
        self.check = check
        self.since = since
        self.until = until or (99, 0)
        self.pattern = pattern

    def passes(self, obj):
        """Whether a loaded object is what it should be; the reason if not."""
        if self.check is not None:
            return "" if self.check(obj) else "the check fails for %r" % (obj,)
        own = self.make()
        if type(obj) is not type(own):
            return "is a %s, not a %s" % (type(obj).__qualname__, type(own).__qualname__)
        return "" if obj == own else "%r is not %r" % (obj, own)


_entries = {}


def entry(name, make, check=None, since=(3, 7), until=None):
    """Add an instance that travels."""
    _add(Entry(name, make, check, since, until))


def refused(name, make, pattern, since=(3, 7)):
    """Add an instance that does not travel."""
    _add(Entry(name, make, None, since, None, pattern))


def _add(new):
    if new.name in _entries:
        raise ValueError("two entries are called " + new.name)
    _entries[new.name] = new


def find():
    """All entries, by name, from the files in `entries`."""
    # The files import this module by its name, whatever imported it first.
    sys.modules.setdefault("table", sys.modules[__name__])
    if not _entries:
        for path in sorted(glob.glob(os.path.join(HERE, "entries", "*.py"))):
            name = "stdlib_entries_" + os.path.basename(path)[:-3]
            spec = importlib.util.spec_from_file_location(name, path)
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module
            spec.loader.exec_module(module)
    return dict(_entries)
