"""``fingerprint``: a digest of what would travel."""

from __future__ import annotations

import hashlib
from typing import Any, Callable, Optional

from . import _native, _runtime


def fingerprint(
    obj: object, *, by_source: Optional[bool] = True, pickle_by_reference: Optional[Callable[[Any], bool]] = None
) -> str:
    """A digest of the content of `obj`: equal for equal content, in every process and on every Python version.

    It is made to be a cache key. For a function it changes with the text of its definition, comments inside
    included, with the names of the functions and classes around it, and with the values that it takes along:
    defaults, captured variables, the globals that it uses, attributes. It does not change with the file that the text
    is in, the place in it or anything else there, with the directory, `PYTHONHASHSEED`, or what the process did before.

    What goes by reference counts as its name: an upgraded library changes no fingerprint. The name of the module that
    an object is defined in counts, too.

    Args:
        obj: Anything that `dumps` takes.
        by_source: As for `dumps`; by default there must be source. With `None`, bytecode takes its place where
            there is none, and the digest is one of this Python version alone.
        pickle_by_reference: As for `dumps`.

    Returns:
        A SHA-256 in 64 hexadecimal digits.

    Raises:
        PicklingError: `obj` cannot be pickled, or code has no source; the message holds the path to the culprit.

    >>> import codepickle
    >>> scale = lambda x: 3 * x
    >>> codepickle.fingerprint(scale) == codepickle.fingerprint(codepickle.loads(codepickle.dumps(scale)))
    True
    """
    digest = hashlib.sha256(b"codepickle %d\n" % _runtime.WIRE_VERSION)
    digest.update(_native.content(obj, by_source, pickle_by_reference))
    return digest.hexdigest()
