"""``loads`` and ``load``: those of `pickle`, and for what is allowed and signed."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pickle import loads as _load_pickle
    from typing import Any, Iterable, Optional

    from ._policy import Policy
    from ._signing import Keys
else:
    try:
        from _pickle import loads as _load_pickle  # the same: who only dumps need not import `pickle`
    except ImportError:
        from pickle import loads as _load_pickle


def loads(
    data: Any,
    *,
    policy: Optional[Policy] = None,
    key: Optional[Keys] = None,
    buffers: Optional[Iterable[Any]] = None,
    **options: Any,
) -> Any:
    """Loads a payload, as `pickle.loads` does; with a policy or a key, only if it is allowed, or signed.

    Without either a payload may do anything: load only what you trust.

    Args:
        data: The payload.
        policy: What it may do. It is read once; if the policy allows all that was read, just that is done.
        key: A `Key`, or several, one of which must have signed the payload. Nothing is read before the signature
            holds.
        buffers: Out-of-band buffers, as for `pickle.loads`; so are `options`, which a policy does not take. No
            signature covers buffers.

    Raises:
        PolicyError: the policy does not allow what the payload would do. Nothing was imported, compiled or called.
        SignatureError: none of the keys has signed it; or it is signed, and no key was given.

    >>> import codepickle
    >>> codepickle.loads(codepickle.dumps([1, 2]), policy=codepickle.Policy())
    [1, 2]
    """
    if key is None and policy is None and buffers is None and not options:
        # Before anything else: this is what most calls do, and small functions load in a microsecond.
        try:
            return _load_pickle(data)
        except Exception:
            _refuse_signed(data)  # its first byte is an opcode that takes what is not there yet
            raise
    if key is not None:
        from ._signing import verify

        data = verify(data, key)
    elif data[:1] == b"\x93":  # no pickle begins with it
        _refuse_signed(data)
    if policy is not None:
        if options:
            raise TypeError("with a policy, loads() does not take %s" % ", ".join(sorted(options)))
        return policy.loads(data, buffers=buffers)
    if buffers is not None:
        options["buffers"] = buffers
    return _load_pickle(data, **options)


def _refuse_signed(data: Any) -> None:
    from ._signing import MAGIC, SignatureError

    if data[: len(MAGIC)] == MAGIC:
        raise SignatureError("the payload is signed: loading it takes a key (or codepickle.verify, to take it out)")


def load(file: Any, *, policy: Optional[Policy] = None, key: Optional[Keys] = None, **options: Any) -> Any:
    """As `loads`, from a file. With a policy alone the file is read to its end: it holds one payload.

    With a key, one signed payload is read, and others may follow.
    """
    import pickle

    if key is not None:
        from ._signing import read_envelope

        data = read_envelope(file, None if policy is None else policy.max_bytes)
        return loads(data, policy=policy, key=key, **options)
    if policy is None:
        return pickle.load(file, **options)
    return loads(file.read(policy.max_bytes + 1), policy=policy, **options)
