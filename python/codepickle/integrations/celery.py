"""Celery, by the hook that kombu has for it: a serializer called ``codepickle``.

Where Codepickle is installed with pip, kombu finds it by itself (entry point ``kombu.serializers``), and `install` is
not needed. The application says that it wants it:

    app.conf.update(task_serializer="codepickle", result_serializer="codepickle", accept_content=["codepickle", "json"])

A worker that accepts ``codepickle`` executes what whoever can write to the broker sends: as with ``pickle``.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Tuple

import codepickle

from ._engine import Changes, Integration

NAME = "codepickle"
CONTENT_TYPE = "application/x-codepickle"


def loads(data: Any) -> Any:
    """Load what a message holds: bytes, or a view of them."""
    data = bytes(data)
    obj = codepickle.loads(data)
    if isinstance(obj, (list, tuple)) and len(obj) == 3 and isinstance(obj[2], dict) and "callbacks" in obj[2]:
        # The arguments of a task. A worker of the prefork pool pickles them once more, by plain pickle, for its child.
        args, kwargs, embed = obj
        return _Arguments(args, data), _Keywords(kwargs, data), embed
    return obj


class _Arguments(List[Any]):
    """Positional arguments that are pickled as the message that they came in."""

    def __init__(self, args: Any, data: bytes) -> None:
        super().__init__(args)
        self._data = data

    def __reduce__(self) -> Any:
        return _part, (self._data, 0)


class _Keywords(Dict[str, Any]):
    """The same for those with names."""

    def __init__(self, kwargs: Any, data: bytes) -> None:
        super().__init__(kwargs)
        self._data = data

    def __reduce__(self) -> Any:
        return _part, (self._data, 1)


def _part(data: bytes, index: int) -> Any:
    return codepickle.loads(data)[index]


#: What kombu's `register` takes after the name.
serializer: Tuple[Callable[..., Any], Callable[..., Any], str, str] = (codepickle.dumps, loads, CONTENT_TYPE, "binary")


def _change(changes: Changes, kombu: Any) -> None:
    from kombu import serialization

    registry = serialization.registry
    if NAME not in registry.name_to_type:
        changes.call(lambda: serialization.register(NAME, *serializer), lambda: serialization.unregister(NAME))


integration = Integration(__name__, "celery", "kombu", ("5.5", "6"), _change, "celery")
install = integration.install
uninstall = integration.uninstall
