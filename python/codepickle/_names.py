"""The names by which classes and functions of libraries are written: the same from every version.

What an object says of itself, `__module__` and `__qualname__`, differs between versions and may lead nowhere. `_moved`
has the differences; what is here is asked by the native pickler (`TABLE`, `STAND_INS`) and by `_reference`.
"""

from __future__ import annotations

import sys
from typing import Any, Dict, NamedTuple, Optional, Tuple

from . import _moved, _runtime


class Names(NamedTuple):
    """What to write for the objects that say that they are of one module."""

    #: The module that has them under the same names; where it has not, they keep what they say.
    module: Optional[str]
    #: Those under another name: {qualified name: (module, name)}.
    names: Dict[str, Tuple[str, str]]


def _table() -> Dict[str, Names]:
    table = {}
    for module in sorted({*_moved.MODULES, *_moved.NAMES}):
        names = {}
        for name, target in _moved.NAMES.get(module, {}).items():
            target_module, _, target_name = target.partition(":")
            names[name] = (sys.intern(target_module), sys.intern(target_name))
        table[sys.intern(module)] = Names(_moved.MODULES.get(module), names)
    return table


#: By what objects say; the empty name is for those whose `__module__` is None.
TABLE = _table()


def _stand_ins() -> Dict[str, Dict[str, Tuple[str, str]]]:
    # Whoever has no backport may have a newer Python.
    found = {"typing_extensions": {"Protocol": ("typing", "Protocol")}, "exceptiongroup": {}}
    names = [("typing", name) for name in sorted(_moved.NEWER_TYPING)]
    for name in ("BaseExceptionGroup", "ExceptionGroup"):  # 3.11
        names.append(("builtins", name))
        found["exceptiongroup"][name] = "builtins", name
    for module, name in [*_runtime._STAND_INS, *names]:
        found.setdefault(module, {})[name] = module, name
    return found


#: What older Pythons lack and `_runtime.g` finds a substitute for: {module: {name: the arguments of `g`}}.
STAND_INS = _stand_ins()


def find_moved(obj: Any, module_name: Optional[str], name: str) -> Optional[Tuple[str, str]]:
    """The name to write for `obj`, which says that it is `module_name`.`name`; None if that is as good as any."""
    found = TABLE.get(module_name or "")
    if found is None:
        return None
    head, dot, rest = name.partition(".")
    target = found.names.get(name)
    if target is None:
        target = found.names.get(head, (found.module or "", head))
        target = target[0], target[1] + dot + rest
    value: Any = sys.modules.get(target[0])
    if value is None:
        return None
    for part in target[1].split("."):
        value = getattr(value, part, None)
    return target if value is obj else None
