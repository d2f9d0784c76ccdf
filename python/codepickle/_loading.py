"""``loads`` and ``load``: those of `pickle`, and for what is allowed and signed."""

from __future__ import annotations

import pickle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Optional

    from ._policy import Policy


def loads(
    data: Any,
    *,
    policy: Optional[Policy] = None,
    buffers: Optional[Iterable[Any]] = None,
    **options: Any,
) -> Any:
    """Loads a payload, as `pickle.loads` does; with a policy, only if all that it does is allowed.

    Without a policy a payload may do anything: load only what you trust.

    Args:
        data: The payload.
        policy: What it may do. It is read once; if the policy allows all that was read, just that is done.
        buffers: Out-of-band buffers, as for `pickle.loads`; so are `options`, which a policy does not take.

    Raises:
        PolicyError: the policy does not allow what the payload would do. Nothing was imported, compiled or called.

    >>> import codepickle
    >>> codepickle.loads(codepickle.dumps([1, 2]), policy=codepickle.Policy())
    [1, 2]
    """
    if policy is not None:
        if options:
            raise TypeError("with a policy, loads() does not take %s" % ", ".join(sorted(options)))
        return policy.loads(data, buffers=buffers)
    if buffers is not None:
        options["buffers"] = buffers
    return pickle.loads(data, **options)


def load(file: Any, *, policy: Optional[Policy] = None, **options: Any) -> Any:
    """As `loads`, from a file. With a policy the file is read to its end: it holds one payload."""
    if policy is None:
        return pickle.load(file, **options)
    return loads(file.read(policy.max_bytes + 1), policy=policy, **options)
