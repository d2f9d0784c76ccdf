"""The names by which classes and functions of libraries are written: the same from every version.

What an object says of itself, `__module__` and `__qualname__`, differs between versions and may lead nowhere. `_moved`
has the differences; what is here is asked by the native pickler (`TABLE`, `STAND_INS`) and by `_reference`.
"""

from __future__ import annotations

import sys

from . import _moved, _runtime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Optional, Tuple

    #: The module that has the objects of another under the same names, None where they keep what they say; and those
    #: under another name: {qualified name: (module, name)}.
    Names = Tuple[Optional[str], Dict[str, Tuple[str, str]]]


def _table() -> Dict[str, Names]:
    table: Dict[str, Names] = {}
    for module in sorted({*_moved.MODULES, *_moved.NAMES}):
        names = {}
        for name, target in _moved.NAMES.get(module, {}).items():
            target_module, _, target_name = target.partition(":")
            names[name] = (sys.intern(target_module), sys.intern(target_name))
        table[sys.intern(module)] = _moved.MODULES.get(module), names
    return table


#: By what objects say; the empty name is for those whose `__module__` is None.
TABLE = _table()


#: What the classes say is their module for whose instances `_reducers` or `_library` has a reducer.
REDUCED = frozenset(
    """
    <unknown> _ast _collections _collections_abc _io _struct _weakrefset abc annotationlib ast builtins codecs
    codepickle._runtime collections configparser dataclasses enum fractions functools http.cookies io ipaddress
    itertools json.decoder json.encoder logging pathlib pathlib._local platform signal socket ssl statistics struct sys
    traceback types typing typing_extensions weakref zipfile
    """.split()  # noqa: SIM905
)


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
    same_names, names = found
    head, dot, rest = name.partition(".")
    target = names.get(name)
    if target is None:
        target = names.get(head, (same_names or "", head))
        target = target[0], target[1] + dot + rest
    value: Any = sys.modules.get(target[0])
    if value is None:
        return None
    for part in target[1].split("."):
        value = getattr(value, part, None)
    return target if value is obj else None
