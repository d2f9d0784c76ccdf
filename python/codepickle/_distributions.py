"""Which installed distribution a module belongs to.

By the files that each distribution says it installed (RECORD), so that the parts of a namespace package are told apart;
by ``top_level.txt`` and the place of an editable installation where there is no such list. Nothing is imported.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from functools import partial
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Set, Tuple
from urllib.parse import unquote, urlparse

try:
    from importlib import metadata as _metadata
except ImportError:  # 3.7
    _metadata = None  # type: ignore[assignment]

#: Reads a file of a distribution's metadata by its name; None if there is no such file.
Read = Callable[[str], Optional[str]]


class Distribution(NamedTuple):
    """An installed distribution."""

    #: The name, as the distribution spells it.
    name: str
    #: The version; None where the metadata do not tell.
    version: Optional[str]


class Installed:
    """The modules below the top-level names `tops`, and the distributions that installed them."""

    def __init__(self, tops: Iterable[str]) -> None:
        self._tops = frozenset(tops)
        #: Distributions by a module whose file they installed.
        self._modules: Dict[str, List[Distribution]] = {}
        #: Distributions by a folder into which they installed something.
        self._folders: Dict[str, List[Distribution]] = {}
        #: Distributions by a top-level name that they claim without saying which files are theirs.
        self._claims: Dict[str, List[Distribution]] = {}
        seen: Set[str] = set()
        for read in _metadata_readers() if self._tops else ():
            found = _identity(read)
            # The first on the path is the one that is imported.
            if found is not None and _normalized(found.name) not in seen:
                seen.add(_normalized(found.name))
                self._add(found, read)

    def has(self, module: str) -> bool:
        """Whether some distribution installed this module, or package."""
        return module in self._modules or module in self._folders

    def owners(self, module: str) -> Tuple[Distribution, ...]:
        """The distribution that installed `module`, or the longest part of its name that anyone installed.

        Several, if that part is a namespace package; none, if nobody did.
        """
        prefix = module
        while prefix:
            files = self._modules.get(prefix)
            if files:
                return (files[0],)
            folders = self._folders.get(prefix)
            if folders:
                return tuple(folders)
            prefix = prefix.rpartition(".")[0]
        return tuple(self._claims.get(module.partition(".")[0], ())[:1])

    def _add(self, found: Distribution, read: Read) -> None:
        for path in _files(read):
            top, slash, _ = path.partition("/")
            name = top.partition(".")[0]
            if name not in self._tops or (slash and name != top):
                continue
            module = _module_of(path)
            if module is not None:
                _note(self._modules, module, found)
            folder = path.rpartition("/")[0]
            while folder:
                if _note(self._folders, folder.replace("/", "."), found):
                    break
                folder = folder.rpartition("/")[0]
        for top in self._tops.intersection(_claimed(read, self._tops)):
            _note(self._claims, top, found)


def _note(table: Dict[str, List[Distribution]], key: str, found: Distribution) -> bool:
    """Add `found` under `key`; true if it was there."""
    entry = table.setdefault(key, [])
    if found in entry:
        return True
    entry.append(found)
    entry.sort(key=lambda each: _normalized(each.name))
    return False


def _normalized(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _metadata_readers() -> Iterator[Read]:
    if _metadata is not None:
        for found in _metadata.distributions():
            yield found.read_text
        return
    for entry in sys.path:
        try:
            names = sorted(os.listdir(entry or "."))
        except OSError:
            continue
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                yield partial(_read, os.path.join(entry, name))


def _read(path: str, name: str) -> Optional[str]:
    try:
        # An .egg-info may be a file by itself: the empty name is that file.
        with open(os.path.join(path, name) if name else path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return None


def _identity(read: Read) -> Optional[Distribution]:
    fields: Dict[str, str] = {}
    text = read("METADATA") or read("PKG-INFO") or read("") or ""
    for line in text.splitlines():
        if not line:
            break
        key, colon, value = line.partition(":")
        if colon and key in ("Name", "Version"):
            fields.setdefault(key, value.strip())
    name = fields.get("Name")
    return Distribution(name, fields.get("Version") or None) if name else None


def _files(read: Read) -> Iterator[str]:
    """The installed files, relative to the folder of the packages."""
    record = read("RECORD")
    if record is not None:
        for line in record.splitlines():
            # A path is quoted if it holds a comma.
            path = next(csv.reader([line]), [""])[0] if line.startswith('"') else line.partition(",")[0]
            if not path.startswith(("/", "..")) and "__pycache__/" not in path:
                yield path
        return
    for line in (read("installed-files.txt") or "").splitlines():
        # Relative to the .egg-info itself.
        if line.startswith("../") and not line.startswith("../../") and "__pycache__" not in line:
            yield line[3:]


def _module_of(path: str) -> Optional[str]:
    """The module that a file is; None if it is none."""
    folder, _, file = path.rpartition("/")
    name, dot, suffix = file.partition(".")
    # `name.py`, `name.pyc`, `name.cpython-311-x86_64-linux-gnu.so`, `name.abi3.so`, `name.cp311-win_amd64.pyd`
    if not dot or not (suffix in ("py", "pyc") or suffix.endswith(("so", "pyd"))):
        return None
    parts = folder.split("/") if folder else []
    if name != "__init__":
        parts.append(name)
    return ".".join(parts) or None


def _claimed(read: Read, tops: Iterable[str]) -> Iterator[str]:
    """Top-level names that a distribution claims apart from its files."""
    yield from (read("top_level.txt") or "").split()
    root = _editable_root(read("direct_url.json") or "")
    if root is not None:
        yield from (top for top in tops if os.path.realpath(_origin(top) or os.curdir).startswith(root))


def _editable_root(text: str) -> Optional[str]:
    """The folder of a project that was installed from where it is (PEP 610), with a separator at its end."""
    try:
        direct: Any = json.loads(text)
        url = direct["url"] if direct.get("dir_info", {}).get("editable") else None
    except (ValueError, KeyError, AttributeError, TypeError):
        return None
    if not isinstance(url, str) or not url.startswith("file:"):
        return None
    path = unquote(urlparse(url).path)
    if os.name == "nt":
        path = path.lstrip("/")
    return os.path.join(os.path.realpath(path), "") if path else None


def _origin(top: str) -> Optional[str]:
    """The file of a top-level module, found without importing it."""
    from importlib.util import find_spec

    try:
        spec = find_spec(top)
    except (ImportError, ValueError, AttributeError):
        return None
    if spec is None:
        return None
    places = list(spec.submodule_search_locations or ())
    return spec.origin if spec.has_location else places[0] if places else None
