"""What the integrations share: replacing parts of an engine, and putting them back."""

from __future__ import annotations

import re
from importlib import import_module
from threading import RLock
from types import ModuleType
from typing import Any, Callable, List, Optional, Tuple

_lock = RLock()
_MISSING = object()


class UnsupportedVersion(RuntimeError):
    """The engine is there in a version that the integration does not know, or not at all."""


class Changes:
    """Changes of attributes and dict entries, which can be undone."""

    def __init__(self) -> None:
        self._undo: List[Callable[[], None]] = []

    def attribute(self, owner: Any, name: str, value: Any) -> None:
        """``owner.name = value``."""
        # What a class inherits is not its own: it is uncovered again by deleting.
        old = vars(owner).get(name, _MISSING)
        self.call(lambda: setattr(owner, name, value), lambda: _restore(owner, name, old))

    def without(self, mapping: Any, key: Any) -> None:
        """Take `key` out of a dict, and put it back in its place among the others."""
        before = dict(mapping)

        def undo() -> None:
            if key in before:
                now = dict(mapping)
                mapping.clear()
                mapping.update({name: before[name] for name in before if name in now or name == key})
                mapping.update(now)

        self.call(lambda: mapping.pop(key, None), undo)

    def call(self, do: Callable[[], Any], undo: Callable[[], Any]) -> None:
        """Anything else."""
        do()
        self._undo.append(undo)

    def undo(self) -> None:
        while self._undo:
            self._undo.pop()()


def _restore(owner: Any, name: str, old: Any) -> None:
    if old is _MISSING:
        delattr(owner, name)
    else:
        setattr(owner, name, old)


class Integration:
    """Codepickle in one engine.

    Args:
        name: The module that holds it, as its `integration`: it is pickled as that name.
        engine: What users call it.
        module: The module that has to be there, and whose ``__version__`` it is; None for the standard library.
        versions: The oldest that is known, and the first that is not.
        change: Makes the changes, by means of the `Changes` and the module that it is given.
        extra: The optional dependency of Codepickle that installs the engine.
        in_worker: Whether this process is one that the engine started to run functions; see `Sent`.
    """

    def __init__(
        self,
        name: str,
        engine: str,
        module: Optional[str],
        versions: Tuple[str, str],
        change: Callable[[Changes, Any], None],
        extra: str = "",
        in_worker: Callable[[], bool] = lambda: False,
    ) -> None:
        self.__module__ = name
        self.engine = engine
        self.versions = versions
        self._module = module
        self._change = change
        self._extra = extra
        self._in_worker = in_worker
        self._changes: Optional[Changes] = None

    def __reduce__(self) -> str:
        return "integration"

    @property
    def installed(self) -> bool:
        """Whether it is in force."""
        return self._changes is not None

    def install(self, *, any_version: bool = False) -> _Scope:
        """Have the engine pickle with Codepickle. Nothing happens if it does already.

        Returns:
            A context manager at whose end everything is as it was before this call.

        Raises:
            UnsupportedVersion: the engine is missing, or this version of it is not known.
        """
        with _lock:
            if self.installed:
                return _Scope(None)
            module = self.check(any_version)
            changes = Changes()
            try:
                self._change(changes, module)
            except BaseException:
                changes.undo()
                raise
            self._changes = changes
            return _Scope(self)

    def uninstall(self) -> None:
        """Leave the engine as it was. Nothing happens if it is already."""
        with _lock:
            changes, self._changes = self._changes, None
            if changes is not None:
                changes.undo()

    def check(self, any_version: bool = False) -> Optional[ModuleType]:
        """The engine's module, if it is one that this knows."""
        if self._module is None:
            return None
        how = "pip install 'codepickle[%s]'" % self._extra if self._extra else "pip install " + self.engine
        try:
            module = import_module(self._module)
        except ImportError as error:
            raise UnsupportedVersion("%s is not installed here (%s): %s" % (self.engine, error, how)) from error
        found = str(getattr(module, "__version__", "0"))
        oldest, first_unknown = self.versions
        if not any_version and not _parsed(oldest) <= _parsed(found) < _parsed(first_unknown):
            raise UnsupportedVersion(
                "%s %s is not among the versions that this knows, from %s up to but not including %s. Take one of "
                "those, or call install(any_version=True) and see whether it works"
                % (self.engine, found, oldest, first_unknown)
            )
        return module


class Sent:
    """Is pickled as what becomes `obj`, and makes a worker that loads it answer by the same integration.

    For engines that have no place where their workers could be told to.
    """

    def __init__(self, integration: Integration, obj: object) -> None:
        self._integration = integration
        self._obj = obj

    def __reduce__(self) -> Any:
        return _received, (self._integration, self._obj)


def _received(integration: Integration, obj: object) -> object:
    # Whoever else looks into what was sent shall not be changed by that.
    if integration._in_worker():
        # Which versions are known was asked where it was sent.
        integration.install(any_version=True)
    return obj


class _Scope:
    """What `install` returns: ends what it began."""

    def __init__(self, integration: Optional[Integration]) -> None:
        self._integration = integration

    def __enter__(self) -> None:
        return None

    def __exit__(self, *exception: object) -> None:
        if self._integration is not None:
            self._integration.uninstall()


def _parsed(version: str) -> Tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
