"""Which functions, classes and modules travel by reference: cloudpickle's rule.

What can be found again under its module and qualified name is written as that name, unless its module, or a package
above it, was registered with `register_pickle_by_value`. Everything else travels by value.
"""

from __future__ import annotations

import sys
from types import FunctionType, ModuleType

from ._names import find_moved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, FrozenSet, Optional, Set, Tuple

#: Never changed, replaced by another: what rests on it compares the object.
_by_value: FrozenSet[str] = frozenset()


def register_pickle_by_value(module: ModuleType) -> None:
    """Pickle the functions and classes of `module`, and of its submodules, by value from now on.

    Where the payload is loaded, the module need not be installed.

    Raises:
        ValueError: if `module` is no module, or was not imported.

    >>> import codepickle, json
    >>> codepickle.register_pickle_by_value(json)
    >>> codepickle.list_registry_pickle_by_value()
    {'json'}
    >>> codepickle.unregister_pickle_by_value(json)
    """
    global _by_value
    _check_module(module)
    if module.__name__ not in sys.modules:
        # The texts of these errors are cloudpickle's: callers match them.
        raise ValueError(f"{module} was not imported correctly, have you used an `import` statement to access it?")
    _by_value |= {module.__name__}


def unregister_pickle_by_value(module: ModuleType) -> None:
    """Pickle `module` by reference again.

    Raises:
        ValueError: if `module` is no module, or is not registered.
    """
    global _by_value
    _check_module(module)
    if module.__name__ not in _by_value:
        raise ValueError(f"{module} is not registered for pickle by value")
    _by_value -= {module.__name__}


def list_registry_pickle_by_value() -> Set[str]:
    """The names of the registered modules, as a new set."""
    return set(_by_value)


def _check_module(module: object) -> None:
    if not isinstance(module, ModuleType):
        raise ValueError(f"Input should be a module object, got {module} instead")


def is_registered(module_name: str) -> bool:
    """Whether the module of that name, or a package above it, is registered."""
    if not _by_value:
        return False
    while module_name not in _by_value:
        module_name, dot, _ = module_name.rpartition(".")
        if not dot:
            return False
    return True


def by_reference(obj: Any, name: Optional[str] = None) -> bool:
    """Whether a function, class or module is written as its name.

    `name` is the qualified name to look under, by default the object's own.

    Raises:
        TypeError: for an object of another kind.
    """
    if isinstance(obj, ModuleType):
        return obj.__name__ in sys.modules and not is_registered(obj.__name__)
    if not isinstance(obj, FunctionType) and not issubclass(type(obj), type):
        raise TypeError(f"functions, classes and modules have names to import, {type(obj).__name__} instances have not")
    found = find_by_name(obj, name)
    return found is not None and not is_registered(found[0])


def find_by_name(obj: Any, name: Optional[str] = None) -> Optional[Tuple[str, str]]:
    """The module's name and the qualified name that lead to `obj`, or None."""
    if name is None:
        name = getattr(obj, "__qualname__", None) or getattr(obj, "__name__", None)
        if not isinstance(name, str):
            return None
    module_name = getattr(obj, "__module__", None)
    if module_name is None or isinstance(module_name, str):
        moved = find_moved(obj, module_name, name)
        if moved is not None:
            return moved
    if module_name is None and not isinstance(obj, FunctionType):
        # A function travels by value then: searching all modules for it costs more, and runs their `__getattr__`.
        module_name = _search(obj, name)
    if not isinstance(module_name, str) or module_name == "__main__":
        return None
    module = sys.modules.get(module_name)
    if module is None or _lookup(module, name) is not obj:
        return None
    return module_name, name


_MISSING = object()


def _lookup(module: Any, name: str) -> Any:
    found = module
    for part in name.split("."):
        if part == "<locals>":
            return _MISSING
        try:
            found = getattr(found, part)
        except AttributeError:
            return _MISSING
    return found


def _search(obj: Any, name: str) -> Optional[str]:
    """The module that holds an object without `__module__`; the slow path, for builtin functions of old extensions."""
    # A lazy module may import others, or raise anything, when its attributes are read.
    for module_name, module in list(sys.modules.items()):
        if module_name in ("__main__", "__mp_main__") or not isinstance(module, ModuleType):
            continue
        try:
            if _lookup(module, name) is obj:
                return module_name
        except Exception:
            continue
    return None
