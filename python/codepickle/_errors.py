"""The exceptions and warnings of the sending side; those of the receiving side are in `_runtime`."""

from __future__ import annotations

try:
    import _pickle as pickle  # `pickle` itself takes as long to import as all that is here
except ImportError:
    import pickle  # type: ignore[no-redef]

PicklingError = pickle.PicklingError


def refusal(text: str) -> PicklingError:
    """An error to which the pickler adds the path from the object given to the one refused."""
    error = PicklingError(text)
    error.needs_path = True  # type: ignore[attr-defined]
    return error


class UnpicklableError(PicklingError, TypeError):
    """An object of a type that no pickle can hold.

    `pickle` raises `TypeError` for some of them and `PicklingError` for others: whoever catches either is served.
    """


class RecursionPicklingError(PicklingError, RecursionError):
    """User code that runs while an object is pickled recursed without end; the pickler itself does not recurse."""


class PortabilityWarning(UserWarning):
    """A function travels as bytecode, since it has no source: only this version of Python can run it."""
