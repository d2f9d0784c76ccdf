"""Where the text of a code object may be found, in the order in which Python itself would look."""

from __future__ import annotations
import __future__

import linecache
import os
import sys
from _thread import allocate_lock
from collections import OrderedDict
from types import CodeType, FunctionType

from . import _native, _runtime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterator, List, Optional, Tuple

#: Bytes of source text that are kept where it was parsed as a whole; of what it parsed in part the native module keeps
#: as much. The standard library of CPython 3.13 is 27 MB, so an ordinary program's modules all stay; what is parsed
#: takes some ten times its text.
FILE_CACHE_BYTES: int = _runtime.cache_bytes(16 * 1024 * 1024)
#: What a text takes besides, if it is one line: by that alone a million of them would be kept.
_ENTRY_BYTES = 4096


class Text:
    """A text in which a function may be defined."""

    __slots__ = ("by_hand", "excerpts", "features", "file", "origin", "problem", "shift")

    def __init__(
        self,
        file: Optional[_native.SourceFile],
        origin: str,
        shift: int = 0,
        by_hand: bool = False,
        problem: str = "",
        features: str = "",
        excerpts: Optional[_native.Excerpts] = None,
    ) -> None:
        #: The text, or None where it could not be parsed (`problem` says why).
        self.file = file
        #: Where it was found, for messages.
        self.origin = origin
        #: By how many lines the text stands lower than the line numbers of the code.
        self.shift = shift
        #: True where lines and columns cannot be expected to agree: the user supplied the text.
        self.by_hand = by_hand
        self.problem = problem
        #: Names of future features that the text itself does not import, joined by commas: a payload's.
        self.features = features
        #: The whole text, where `file` is only a part of it that seems to be the right one.
        self.excerpts = excerpts

    @property
    def futures(self) -> str:
        """Names of the future features in force, joined by commas."""
        return self.features or ",".join(self.file.futures if self.file is not None else ())

    def add_feature(self, name: str) -> None:
        """Put another future feature in force."""
        self.features = ",".join(filter(None, [self.futures, name]))


_ANNOTATIONS: int = __future__.annotations.compiler_flag
#: Flags of code that the text alone does not explain, or that change the grammar.
_UNUSUAL: int = _runtime.ITERABLE_COROUTINE | __future__.barry_as_FLUFL.compiler_flag

_lock = allocate_lock()
_parsed: OrderedDict[str, Tuple[_native.SourceFile | str, int]] = OrderedDict()
_parsed_bytes = 0


def _reset_after_fork() -> None:
    global _lock
    _lock = allocate_lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)


def parse(text: str, origin: str, **how: Any) -> Text:
    """`text`, indexed once and remembered by content."""
    global _parsed_bytes
    with _lock:
        entry = _parsed.get(text)
        if entry is not None:
            _parsed.move_to_end(text)
    if entry is None:
        try:
            file: _native.SourceFile | str = _native.SourceFile(text)
        except (SyntaxError, ValueError) as error:
            file = str(error)
        entry = (file, len(text) + _ENTRY_BYTES)
        with _lock:
            if text not in _parsed:
                _parsed[text] = entry
                _parsed_bytes += entry[1]
            while _parsed_bytes > FILE_CACHE_BYTES and len(_parsed) > 1:
                _parsed_bytes -= _parsed.popitem(last=False)[1][1]
    if isinstance(entry[0], str):
        return Text(None, origin, problem=entry[0], **how)
    return Text(entry[0], origin, **how)


def texts(code: CodeType, function: Optional[FunctionType]) -> Iterator[Text]:
    """Every text that may define `code`, the likeliest first, each once."""
    annotations = code.co_flags & _ANNOTATIONS
    for text in _texts(code, function):
        # A prompt, a notebook, a doctest and exec() hand down what an earlier text or the caller imported.
        if annotations and text.file is not None and "annotations" not in text.futures:
            text.add_feature("annotations")
        yield text


def excerpt(code: CodeType, function: Optional[FunctionType]) -> Optional[Text]:
    """The part of a file that seems to define `code`; None where there may be a better text."""
    filename = code.co_filename
    if filename.startswith("<") or code.co_flags & _UNUSUAL or isinstance(getattr(function, "__source__", None), str):
        return None
    excerpts = _native.excerpts(filename)
    if excerpts is None:
        return None
    part = excerpts.around(code.co_firstlineno, code.co_name)
    if part is None:
        return None
    return Text(part, filename, features="annotations" if code.co_flags & _ANNOTATIONS else "", excerpts=excerpts)


def _texts(code: CodeType, function: Optional[FunctionType]) -> Iterator[Text]:
    seen: List[str] = []

    def fresh(text: Optional[str]) -> bool:
        if not text or text in seen:
            return False
        seen.append(text)
        return True

    filename = code.co_filename
    by_hand = getattr(function, "__source__", None)
    if isinstance(by_hand, str) and fresh(by_hand):
        yield parse(by_hand, "__source__", by_hand=True)
        rebuilt, shift = _surround(by_hand, code, getattr(function, "__qualname__", code.co_name))
        if fresh(rebuilt):
            yield parse(rebuilt, "__source__", by_hand=True, shift=shift)
    loaded = _runtime.file_text(filename)
    if loaded is not None and fresh(loaded[0]):
        yield parse(loaded[0], filename, shift=loaded[1], features=loaded[2])
    namespace: Dict[str, Any] = getattr(function, "__globals__", None) or {}
    if filename.startswith("<frozen "):  # the modules of start-up; zipimport does not say where its file is before 3.11
        place = os.path.join(os.path.dirname(os.__file__), *filename[len("<frozen ") : -1].split(".")) + ".py"
        filename = namespace.get("__file__") or place
    kept = _native.kept_text(filename)
    if kept is not None:
        if fresh(kept):
            yield parse(kept, filename)
        # Something in the file is not what was imported.
        _native.forget(filename)
    # What linecache holds already may be older than the file: that is the text of a module imported
    # before the file was edited. So it is tried before the file is looked at again.
    for refresh in (False, True):
        if refresh:
            linecache.checkcache(filename)
        found = "".join(linecache.getlines(filename, namespace))
        if fresh(found):
            yield parse(found, filename)
    from_code = getattr(linecache, "_getlines_from_code", None)  # 3.13: the REPL and -c
    if from_code is not None:
        found = "".join(from_code(code) or ())
        if fresh(found):
            yield parse(found, filename)
    command = _from_command_line() if filename == "<string>" else None
    if command is not None and fresh(command):
        yield parse(command, "python -c")
    from_loader = _from_loader(namespace)
    if from_loader is not None and fresh(from_loader):
        yield parse(from_loader, filename)
    recorder = sys.modules.get("codepickle._recorder")
    for recorded in recorder.recorded(filename) if recorder is not None else ():
        if fresh(recorded):
            yield parse(recorded, "%s (recorded)" % filename)


def _from_command_line() -> Optional[str]:
    """The text given by ``python -c``. From 3.13 on linecache has it; 3.10 to 3.12 keep the arguments alone."""
    if sys.argv[:1] != ["-c"] or not hasattr(sys, "orig_argv"):
        return None
    index = len(sys.orig_argv) - len(sys.argv)
    return sys.orig_argv[index] if index > 0 else None


def _from_loader(namespace: Dict[str, Any]) -> Optional[str]:
    """The loader's own text: linecache splits it at form feeds too, and so loses count of the lines."""
    spec = namespace.get("__spec__")
    loader = getattr(spec, "loader", None) or namespace.get("__loader__")
    name = getattr(spec, "name", None) or namespace.get("__name__")
    get_source = getattr(loader, "get_source", None)
    if get_source is None or not isinstance(name, str):
        return None
    try:
        text = get_source(name)
    except Exception:  # a loader is foreign code; whatever it raises, there is no text from it
        return None
    return text if isinstance(text, str) else None


def _surround(text: str, code: CodeType, qualname: str) -> Tuple[str, int]:
    """A text given by hand, put at its line and under the scopes that the qualified name tells."""
    parts = qualname.split(".")[:-1]
    head: List[str] = []
    for index, part in enumerate(parts):
        if part == "<locals>" or not part.isidentifier():
            continue
        function_scope = index + 1 < len(parts) and parts[index + 1] == "<locals>"
        free = [name for name in code.co_freevars if not name.startswith("__class")]
        binds = ", ".join(free) if not any("def " in line for line in head) else ""
        head.append(" " * len(head) + ("def %s(%s):" % (part, binds) if function_scope else "class %s:" % part))
    first = next((line for line in text.splitlines() if line.strip()), "")
    indent = len(first) - len(first.lstrip())
    if first.lstrip().startswith("lambda"):
        text, head = "%s(%s)" % (" " * len(head), text.strip()), head
    elif head and indent < len(head):
        text = "".join(" " * len(head) + line if line.strip() else line for line in text.splitlines(True))
    elif not head and indent:
        head = ["if 1:"]
    blank = code.co_firstlineno - 1 - len(head)
    return "\n" * max(blank, 0) + "".join(line + "\n" for line in head) + text + "\n", max(-blank, 0)
