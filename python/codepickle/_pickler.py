"""The public picklers: thin wrappers of the native ones."""

from __future__ import annotations

import copyreg
from collections import ChainMap

from . import _native, _runtime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar


class Pickler(_native.Pickler):
    """A `pickle.Pickler` that takes functions, classes and modules by value, as source.

    Subclasses may override `reducer_override`, `persistent_id` and `dispatch_table` as those of `pickle.Pickler` and
    `cloudpickle.Pickler`; ``super().reducer_override(obj)`` returns `NotImplemented`, which means: the usual way.

    Args:
        file: A binary file open for writing; only ``write`` is called.
        protocol: The pickle protocol, 0 to 5; 4 by default, 5 where `buffer_callback` is given.
        fix_imports: Use Python 2's module names at protocols below 3, as `pickle.Pickler` does.
        buffer_callback: Takes the out-of-band buffers of protocol 5 (PEP 574).
        by_source: `None` sends source and falls back to tagged bytecode with a `PortabilityWarning`; `True`
            raises where there is no source; `False` sends bytecode.
        pickle_by_reference: Decides for every function, class and module: true for by reference, false for by value.
            By default cloudpickle's rule: what can be imported goes by reference.
        self_contained: Put the runtime at the head of the payload, which then loads where Codepickle is not installed.
        min_python: A version, such as ``(3, 9)``. Every function and class that travels as source is written for its
            grammar too, or there is an error. By default what can be is written for 3.7, and the rest is an error on
            a receiver that does not read it.

    Raises:
        ValueError: for a protocol that this Python does not have, `buffer_callback` below protocol 5, or a `min_python`
            below 3.7 or together with ``by_source=False``.
        TypeError: if `file` has no ``write``.
        PicklingError: (from `dump`) what `obj` refers to cannot be pickled, or not as demanded; the message holds the
            path to the culprit.

    >>> import codepickle, io, pickle
    >>> file = io.BytesIO()
    >>> codepickle.Pickler(file).dump(lambda: "hello")
    >>> pickle.loads(file.getvalue())()
    'hello'
    """

    dispatch_table: ClassVar[Any] = ChainMap({}, copyreg.dispatch_table)
    dispatch = dispatch_table


CloudPickler = Pickler

_runtime.use_native(_native.Functions)


# Functions of the native module: a Python frame around them would cost a third of a warm dump.
dumps = _native.dumps
dump = _native.dump
