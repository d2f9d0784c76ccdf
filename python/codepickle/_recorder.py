"""``record_sources``: remember what `exec`, `eval` and `compile` are given."""

from __future__ import annotations

import sys
from collections import OrderedDict
from typing import Any, List, Tuple

from . import _runtime

#: Bytes of text that are remembered; the oldest goes first.
RECORD_BYTES: int = _runtime.cache_bytes(32 * 1024 * 1024)

_enabled = False
_installed = False
_texts: OrderedDict[Tuple[str, str], None] = OrderedDict()
_bytes = 0


class Recording:
    """What `record_sources` returns: `stop()` it, or use it as a context manager.

    An audit hook cannot be removed (PEP 578), so stopping disables it. What was recorded is kept.
    """

    def stop(self) -> None:
        """Record nothing from now on."""
        global _enabled
        _enabled = False

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()


def record_sources() -> Recording:
    """Remember the source of code that `exec`, `eval` and `compile` create from now on.

    Functions made by such code have no file that their source could be read from; once recorded, they travel as
    source too. An audit hook (PEP 578, CPython 3.8) listens to the ``compile`` event; `builtins` are not touched.

    Returns:
        A handle with `stop()`, also a context manager.

    Raises:
        RuntimeError: on Python 3.7, which has no audit hooks.

    >>> import codepickle
    >>> with codepickle.record_sources():
    ...     namespace = {}
    ...     exec("def double(x): return 2 * x", namespace)
    >>> print(codepickle.getsource(namespace["double"]))
    def double(x): return 2 * x
    """
    global _enabled, _installed
    if not hasattr(sys, "addaudithook"):
        raise RuntimeError(
            "record_sources() needs audit hooks (PEP 578): Python 3.8 or later, this is %d.%d" % sys.version_info[:2]
        )
    with _runtime._lock:
        if not _installed:
            sys.addaudithook(_hook)
            _installed = True
        _enabled = True
    return Recording()


def _hook(event: str, args: Tuple[Any, ...]) -> None:
    if event != "compile" or not _enabled:
        return
    source, filename = args
    if isinstance(source, (bytes, bytearray)):
        try:
            source = bytes(source).decode("utf-8")
        except UnicodeDecodeError:
            return
    if isinstance(filename, bytes):
        filename = filename.decode("utf-8", "surrogateescape")
    if not isinstance(source, str) or not isinstance(filename, str) or filename.startswith("<codepickle "):
        return
    global _bytes
    with _runtime._lock:
        key = (filename, source)
        if key in _texts:
            _texts.move_to_end(key)
            return
        _texts[key] = None
        _bytes += len(source)
        while _bytes > RECORD_BYTES and len(_texts) > 1:
            _bytes -= len(_texts.popitem(last=False)[0][1])


def recorded(filename: str) -> List[str]:
    """The recorded texts compiled under `filename`, the newest first."""
    if not _texts:
        return []
    with _runtime._lock:
        return [text for name, text in reversed(_texts) if name == filename]
