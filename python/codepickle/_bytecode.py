"""What bytecode alone tells: for functions without source, and for ``by_source=False``."""

from __future__ import annotations

import dis
import marshal
import sys
import zlib
from types import CodeType
from typing import Any, Dict, List, Tuple

from . import _runtime
from ._compare import nested

_GLOBAL_OPERATIONS = frozenset(
    dis.opmap[name]
    for name in ("LOAD_GLOBAL", "STORE_GLOBAL", "DELETE_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
    if name in dis.opmap
)


def tagged(code: CodeType) -> Tuple[int, str, str, int, bytes]:
    """The arguments of the runtime's ``b``: bytecode with the magic number it belongs to."""
    data = marshal.dumps(code)
    return _runtime._magic(), _runtime._python(), code.co_name, zlib.crc32(data), data


def global_names(code: CodeType) -> List[str]:
    """The globals that `code`, or code nested in it, reads, writes or deletes; in order, once each."""
    found: Dict[str, None] = {}
    for each in nested(code):
        for instruction in dis.get_instructions(each):
            if instruction.opcode in _GLOBAL_OPERATIONS:
                found[instruction.argval] = None
    return list(found)


def attribute_names(code: CodeType) -> frozenset[str]:
    """Every name that occurs in `code`: a superset of the attributes by which it reaches submodules."""
    return frozenset(name for each in nested(code) for name in each.co_names)


def submodules(package: Any, names: frozenset[str]) -> List[str]:
    """The imported submodules of `package` that code using `names` can reach through attributes."""
    found: List[str] = []
    pending = [package.__name__]
    while pending:
        prefix = pending.pop()
        for name in sorted(names):
            full = prefix + "." + name
            if full in sys.modules and full not in found:
                found.append(full)
                pending.append(full)
    return found
