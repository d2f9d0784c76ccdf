"""Stand-ins for cloudpickle's private helpers: importable, useless.

The suite imports them at the top of its files; only the tests that call one fail then, and they are listed
in cloudpickle_expected.txt.
"""

from . import *  # noqa: F403
from . import CloudPickler, Pickler, dump, dumps  # noqa: F401


class _NotApplicable:
    """A helper of cloudpickle's own implementation."""

    def __init__(self, name):
        self.name = name

    def __call__(self, *args, **kwargs):
        raise NotImplementedError("not applicable: %s is private to cloudpickle" % self.name)

    def __iter__(self):
        return self()


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return _NotApplicable(name)
