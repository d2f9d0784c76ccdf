"""What the comparison of code objects leaves to Python."""

from __future__ import annotations

from types import CodeType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, FrozenSet, Iterator, Tuple


def same_elements(one: FrozenSet[Any], other: FrozenSet[Any]) -> bool:
    """Whether two constants have equal elements in type and value, -0.0 and NaN included."""
    return sorted(map(_key, one)) == sorted(map(_key, other))


def _key(value: Any) -> Tuple[str, str]:
    return type(value).__name__, repr(sorted(map(_key, value)) if isinstance(value, frozenset) else value)


def nested(code: CodeType) -> Iterator[CodeType]:
    """`code` and every code object in its constants, depth first without recursion."""
    pending = [code]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(const for const in current.co_consts if isinstance(const, CodeType))
