"""Annotations: they never keep a payload from loading, and may name what does not exist.

A class that travels by reference is imported by the receiver if it can be, and is its name where it cannot. What 3.14
cannot evaluate yet travels as text and is evaluated there, when it is asked for. What text names comes along, so that
`typing.get_type_hints` works.
"""

from __future__ import annotations

import ast
import dataclasses
import operator
import re
import sys
import types
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

from . import _hints, _runtime
from ._classes import _BUILTIN_TYPES, _SINGLETON_TYPES, Expression
from ._reference import by_reference, find_by_name, is_registered

Hints = Dict[str, Any]
Rule = Callable[[Any], Any]


class Annotations(NamedTuple):
    """How the annotations of a function or class travel."""

    #: Values; text for what 3.14 cannot evaluate.
    values: Hints
    #: Which of them are such text, and the local variables that it names; None where there is none.
    lazy: Optional[Tuple[Tuple[str, ...], Hints]]
    #: The globals that text names: those that travel by value, and (module, name) of the others.
    names: Optional[Tuple[Hints, Dict[str, Tuple[str, str]]]]


def of_function(function: Any, values: Optional[Hints], rule: Optional[Rule] = None) -> Annotations:
    """The annotations of a function.

    Args:
        function: the function.
        values: what it has as ``__annotations__``, None where that raises.
        rule: the user's ``pickle_by_reference``.
    """
    lazy = None
    if values is None:
        values, lazy = _unevaluated(function)
    texts = [value for value in values.values() if isinstance(value, str)]
    names = _names(texts, function.__globals__, rule or by_reference) if texts else None
    return Annotations(portable(values, rule), lazy, names)


def of_class(cls: Any) -> Annotations:
    """The annotations of a class itself; they are taken without an exception."""
    own = vars(cls).get("__annotations__")
    if isinstance(own, dict) or sys.version_info < (3, 14):
        return Annotations(dict(own) if isinstance(own, dict) else {}, None, None)
    import annotationlib  # type: ignore[import-not-found]

    try:
        # Also where there is no `__annotate__`: they were assigned, as to a class that was loaded.
        return Annotations(dict(annotationlib.get_annotations(cls)), None, None)
    except Exception:
        return Annotations(*_unevaluated(cls), None)


def attributes_of(function: Any, inner: Any = None) -> Hints:
    """What the runtime's `a` takes for the annotations of a function that wraps `inner`; empty where it has none.

    Up to 3.13 the two have one dict.
    """
    values, lazy, _ = of_function(function, _evaluated(function))
    shared = None if inner is None else _evaluated(inner)
    if shared is not None and list(map(id, shared.values())) == list(map(id, values.values())):
        values = shared
    slots: Hints = {"__annotations__": values} if values else {}
    if lazy is not None:
        slots["__annotate__"] = lazy
    return slots


def _evaluated(function: Any) -> Optional[Hints]:
    try:
        found = function.__annotations__
    except Exception:  # 3.14: a name that does not exist
        return None
    return found if isinstance(found, dict) else {}


def portable(values: Hints, rule: Optional[Rule] = None) -> Hints:
    """`values` with expressions in the place of what could keep a payload from loading; itself if there is nothing."""
    changed = {name: _portable(value, rule or by_reference) for name, value in values.items()}
    if all(changed[name] is value for name, value in values.items()):
        return values
    return changed


#: Builtin classes that 3.7 lacks.
_NEW_BUILTINS = frozenset(["BaseExceptionGroup", "EncodingWarning", "ExceptionGroup", "PythonFinalizationError"])
_VARIABLES = ("TypeVar", "ParamSpec", "TypeVarTuple", "TypeAliasType", "NewType")


def _portable(hint: Any, rule: Rule) -> Any:
    kind = type(hint)
    if kind is str or hint is None:
        return hint
    if kind in (list, tuple):
        changed = [_portable(item, rule) for item in hint]
        return hint if all(map(operator.is_, changed, hint)) else kind(changed)
    reducer = _hints.aliases.get(kind)
    if reducer is not None:
        reduced = reducer(hint)
        if not isinstance(reduced, tuple) or reduced[0] is not _runtime.h:
            return hint
        return _expression(hint, _runtime.h, reduced[1], rule)
    if kind is dataclasses.InitVar:
        return _expression(hint, operator.getitem, (dataclasses.InitVar, hint.type), rule)
    if kind.__name__ in _VARIABLES and kind.__module__ in ("typing", "typing_extensions"):
        found = find_by_name(hint, hint.__name__)
        return hint if found is None or is_registered(found[0]) else Expression(_runtime.h, "c", *found)
    return _portable_class(hint, rule) if isinstance(hint, type) else hint


def _expression(hint: Any, function: Any, arguments: Tuple[Any, ...], rule: Rule) -> Any:
    changed = _portable(arguments, rule)
    return hint if changed is arguments else Expression(function, *changed)


def _portable_class(cls: Any, rule: Rule) -> Any:
    if cls in _SINGLETON_TYPES or cls in _BUILTIN_TYPES or cls is dataclasses.InitVar:
        return cls
    if cls.__module__ == "builtins" and cls.__qualname__ not in _NEW_BUILTINS:
        return cls
    if not rule(cls):
        return cls
    if cls.__module__ in ("typing", "typing_extensions"):
        return cls if cls.__name__ in _hints._OLD_NAMES else Expression(_runtime.h, "n", cls.__name__)
    found = find_by_name(cls)
    return cls if found is None else Expression(_runtime.h, "c", *found)


# --- what is not evaluated yet (3.14) ---


def _unevaluated(owner: Any) -> Tuple[Hints, Optional[Tuple[Tuple[str, ...], Hints]]]:
    """Values where there are any, text for the others; the names of those, and the local variables that they use."""
    import annotationlib

    formats = annotationlib.Format
    try:
        values = dict(annotationlib.get_annotations(owner, format=formats.FORWARDREF))
    except Exception:
        values = {}
    try:
        texts = dict(annotationlib.get_annotations(owner, format=formats.STRING))
        # What it does not know how to spell, as a lambda, it gives with its address.
        texts = {name: re.sub(r" at 0x[0-9A-Fa-f]+", "", text) for name, text in texts.items()}
    except Exception:  # an annotation that raises whatever its names are
        return values, None
    lazy = [name for name in texts if name not in values or _is_unresolved(values[name], annotationlib.ForwardRef)]
    cells = _cells(owner)
    used = {name for text in lazy for name in _names_in(texts[text])}
    found = {name: texts[name] if name in lazy else values[name] for name in texts}
    return found, (tuple(lazy), {name: cells[name] for name in sorted(used & cells.keys())})


def _is_unresolved(value: Any, forward: type, depth: int = 0) -> bool:
    if isinstance(value, forward) or depth > 20:
        return True
    inside = value if isinstance(value, (list, tuple)) else getattr(value, "__args__", None) or ()
    return isinstance(inside, (list, tuple)) and any(_is_unresolved(item, forward, depth + 1) for item in inside)


def _cells(owner: Any) -> Hints:
    """What the function that makes the annotations finds outside of the globals."""
    annotate = owner.__annotate__
    found: Hints = {}
    function = getattr(annotate, "__func__", annotate)
    for name, cell in zip(
        getattr(function, "__code__", _NO_CODE).co_freevars, getattr(function, "__closure__", None) or ()
    ):
        try:
            found[name] = cell.cell_contents
        except ValueError:
            continue
    if getattr(function, "__module__", None) == _runtime.__name__:
        return dict(found["variables"])  # of what was loaded
    if isinstance(owner, type):
        space = getattr(function, "__globals__", {})
        found = {**{name: space[name] for name in space if _is_named(space[name])}, **found}
        found.pop("__classdict__", None)
    return found


_NO_CODE = compile("", "", "exec")


# --- what text names ---


def _names_in(text: str) -> Set[str]:
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    found: Set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        else:
            found.update(name for inner in _strings(node) for name in _names_in(inner))
    return found


def _strings(node: ast.AST) -> Iterator[str]:
    """Forward references within text: ``List["Node"]``."""
    value = getattr(node, "value", None) if type(node).__name__ == "Constant" else getattr(node, "s", None)
    if isinstance(value, str) and value.isidentifier():
        yield value


def _names(texts: List[str], space: Hints, rule: Rule) -> Optional[Tuple[Hints, Dict[str, Tuple[str, str]]]]:
    by_value: Hints = {}
    by_name: Dict[str, Tuple[str, str]] = {}
    for name in sorted({name for text in texts for name in _names_in(text)}):
        value = space.get(name)
        if value is None or not _is_named(value):
            continue
        if not isinstance(value, (type, types.ModuleType)) or type(value) in _hints.aliases:
            by_value[name] = _portable(value, rule)
        elif not rule(value):
            by_value[name] = value
        elif isinstance(value, types.ModuleType):
            by_name[name] = (value.__name__, "")
        else:
            changed = _portable_class(value, rule)
            if isinstance(changed, Expression) and changed.arguments[0] == "c":
                by_name[name] = (changed.arguments[1], changed.arguments[2])
            else:
                by_value[name] = changed
    return (by_value, by_name) if by_value or by_name else None


def _is_named(value: Any) -> bool:
    """Whether it is what annotations are made of: classes, modules, and what `typing` makes."""
    if isinstance(value, (type, types.ModuleType)) or hasattr(value, "__supertype__"):
        return True
    return type(value).__module__ in ("typing", "typing_extensions", "types") and not isinstance(
        value, (types.FunctionType, types.MethodType)
    )
