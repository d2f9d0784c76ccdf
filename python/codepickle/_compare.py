"""Does a snippet compile to the code object that runs? Compared field by field, nested code included."""

from __future__ import annotations

import sys
from types import CodeType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator, List, Optional, Tuple

_FIELDS = [
    "co_name",
    "co_argcount",
    "co_kwonlyargcount",
    "co_flags",
    "co_firstlineno",
    "co_names",
    "co_varnames",
    "co_freevars",
    "co_cellvars",
    "co_code",
]
if sys.version_info >= (3, 8):
    _FIELDS.append("co_posonlyargcount")
if sys.version_info >= (3, 11):
    _FIELDS += ["co_qualname", "co_exceptiontable"]
# From 3.11 the line table holds columns too: they tell two equal lambdas on one line apart.
_FIELDS.append("co_linetable" if sys.version_info >= (3, 10) else "co_lnotab")
_POSITIONS = ("co_firstlineno", "co_linetable", "co_lnotab")


def difference(
    live: CodeType, compiled: CodeType, positions: bool = True, columns: bool = True, below: int = 0
) -> Optional[str]:
    """The first field in which two code objects differ, or None where they are the same code.

    File names are not compared, and neither is the stack size: it follows from the instructions, but
    CPython 3.7 and 3.8 overestimate it by the blocks around, which a header does not mirror.
    Lines and columns are not compared where `positions` is false, lines alone are where `columns` is. The live code may
    stand so many lines `below` the other: all lines but the first ones are counted from these.
    """
    pending: List[Tuple[CodeType, CodeType]] = [(live, compiled)]
    fields = _FIELDS if positions else [field for field in _FIELDS if field not in _POSITIONS]
    while pending:
        one, other = pending.pop()
        for field in fields:
            if getattr(one, field) != getattr(other, field):
                if field == "co_firstlineno" and one.co_firstlineno == other.co_firstlineno + below:
                    continue
                if field == "co_linetable" and not columns and _lines(one) == _lines(other):
                    continue
                return field
        if len(one.co_consts) != len(other.co_consts):
            return "co_consts"
        for a, b in zip(one.co_consts, other.co_consts):
            if isinstance(a, CodeType) and isinstance(b, CodeType):
                pending.append((a, b))
            elif not _same_constant(a, b):
                return "co_consts"
    return None


def _lines(code: CodeType) -> List[Tuple[Any, ...]]:
    return list(code.co_lines())  # type: ignore[attr-defined, unused-ignore]  # 3.10


def _same_constant(one: Any, other: Any) -> bool:
    """Equal in type and value, -0.0 and NaN included, down into tuples and frozensets."""
    pending = [(one, other)]
    while pending:
        a, b = pending.pop()
        if type(a) is not type(b):
            return False
        if isinstance(a, tuple):
            if len(a) != len(b):
                return False
            pending.extend(zip(a, b))
        elif isinstance(a, frozenset):
            if sorted(map(_key, a)) != sorted(map(_key, b)):
                return False
        elif isinstance(a, slice):  # a constant from 3.14 on
            pending.append(((a.start, a.stop, a.step), (b.start, b.stop, b.step)))
        elif isinstance(a, (float, complex)):
            if repr(a) != repr(b):
                return False
        elif a != b:
            return False
    return True


def _key(value: Any) -> Tuple[str, str]:
    return type(value).__name__, repr(sorted(map(_key, value)) if isinstance(value, frozenset) else value)


def nested(code: CodeType) -> Iterator[CodeType]:
    """`code` and every code object in its constants, depth first without recursion."""
    pending = [code]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(const for const in current.co_consts if isinstance(const, CodeType))
