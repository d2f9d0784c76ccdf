"""cloudpickle itself, and the copies of it that other packages bring along.

    from codepickle.integrations import cloudpickle
    cloudpickle.install()                          # the package cloudpickle
    with cloudpickle.redirect("some.vendored.cloudpickle"):
        ...

Whoever calls ``dumps``, ``dump`` or ``CloudPickler`` of that module from then on gets Codepickle's. Classes that were
derived from its ``CloudPickler`` before are left alone.
"""

from __future__ import annotations

import copyreg
import io
from collections import ChainMap
from importlib import import_module
from typing import Any, Callable, ClassVar, List, Optional

import codepickle

from ._engine import Changes, Integration, _Scope

_REGISTRY = ["list_registry_pickle_by_value", "register_pickle_by_value", "unregister_pickle_by_value"]


def redirect(package: str) -> _Scope:
    """Have a copy of cloudpickle pickle with Codepickle, whatever version it is.

    Args:
        package: The dotted name under which it is imported.

    Returns:
        A context manager at whose end everything is as it was; without ``with`` it stays for good.

    >>> import pickletools, cloudpickle
    >>> from codepickle.integrations.cloudpickle import redirect
    >>> with redirect("cloudpickle"):
    ...     data = cloudpickle.dumps(lambda x: x + 1)
    >>> "codepickle._runtime" in [argument for _, argument, _ in pickletools.genops(data)]
    True
    """

    def change(changes: Changes, module: Any) -> None:
        redirect_in(changes, module)

    return Integration(__name__, package, package, ("0", "999"), change).install(any_version=True)


def redirect_in(changes: Changes, package: Any) -> None:
    """Replace what a copy of cloudpickle offers; `package` is its module."""
    original = package.CloudPickler
    if issubclass(original, codepickle.Pickler):
        return

    class CloudPickler(codepickle.Pickler):
        """Stands for cloudpickle's, with the reducers that were registered there."""

        dispatch_table: ClassVar[Any] = ChainMap(_registered(original), copyreg.dispatch_table)
        dispatch = dispatch_table

    def dump(
        obj: object,
        file: Any,
        protocol: Optional[int] = None,
        buffer_callback: Optional[Callable[[Any], object]] = None,
    ) -> None:
        CloudPickler(file, protocol, buffer_callback=buffer_callback).dump(obj)

    def dumps(
        obj: object,
        protocol: Optional[int] = None,
        buffer_callback: Optional[Callable[[Any], object]] = None,
    ) -> bytes:
        with io.BytesIO() as file:
            dump(obj, file, protocol, buffer_callback)
            return file.getvalue()

    replaced = {"CloudPickler": CloudPickler, "Pickler": CloudPickler, "dump": dump, "dumps": dumps}
    replaced.update((name, getattr(codepickle, name)) for name in _REGISTRY)
    by_value = set(getattr(package, _REGISTRY[0], set)())
    for module in _parts(package):
        for name, value in replaced.items():
            # cloudpickle imports the `Pickler` of pickle under this name.
            if vars(module).get(name) is not None and getattr(vars(module)[name], "__module__", "") in _names(package):
                changes.attribute(module, name, value)
    for name in by_value - codepickle.list_registry_pickle_by_value():
        found = import_module(name)
        changes.call(
            lambda found=found: codepickle.register_pickle_by_value(found),  # type: ignore[misc]
            lambda found=found: codepickle.unregister_pickle_by_value(found),  # type: ignore[misc]
        )
    # What is registered while this is in force stays registered.
    changes.call(lambda: None, lambda: _table(original).update(CloudPickler.dispatch_table.maps[0]))


def _parts(package: Any) -> List[Any]:
    """The modules of a copy: it is one package with one or two modules, or was one module."""
    parts = [package]
    for name in ("cloudpickle", "cloudpickle_fast"):
        try:
            parts.append(import_module("%s.%s" % (package.__name__, name)))
        except ImportError:
            continue
    return parts


def _names(package: Any) -> List[str]:
    return [part.__name__ for part in _parts(package)]


def _table(pickler: Any) -> Any:
    """Where a copy's CloudPickler keeps reducers, its own and those of others."""
    table = pickler.dispatch_table
    return table.maps[0] if isinstance(table, ChainMap) else table


def _registered(pickler: Any) -> Any:
    """The reducers that others registered: its own are for things that Codepickle does in another way."""
    own = pickler.__module__.rpartition(".")[0] or pickler.__module__
    return {
        kind: reducer
        for kind, reducer in _table(pickler).items()
        if not str(getattr(reducer, "__module__", "")).startswith(own) and kind not in copyreg.dispatch_table
    }


def _change(changes: Changes, package: Any) -> None:
    redirect_in(changes, package)


integration = Integration(__name__, "cloudpickle", "cloudpickle", ("2.2", "4"), _change)
install = integration.install
uninstall = integration.uninstall
