"""Tools that rewrite code while it is imported: pytest's assertion rewriting is let through.

The text is then what the user wrote and the running code is not; it may travel when the file is provably the one
that was imported.
"""

from __future__ import annotations

import os
import sys
from importlib.util import source_hash
from types import CodeType

from ._compare import nested


def is_rewritten(code: CodeType) -> bool:
    """Whether `code` carries the names that pytest's assertion rewriting puts into it."""
    return any(
        name.startswith(("@py_", "@pytest_")) for each in nested(code) for name in each.co_names + each.co_varnames
    )


def unchanged_since_import(filename: str) -> bool:
    """Whether the file is the one that pytest rewrote: size and time, or hash, stand in pytest's own ``.pyc``."""
    try:
        stat = os.stat(filename)
    except OSError:
        return False
    folder, name = os.path.split(filename)
    stem = name[:-3] if name.endswith(".py") else name
    prefix = "%s.%s-pytest-" % (stem, sys.implementation.cache_tag)
    folders = [os.path.join(folder, "__pycache__")]
    if getattr(sys, "pycache_prefix", None):
        folders.append(os.path.join(str(sys.pycache_prefix), folder.lstrip(os.sep)))
    for each in folders:
        try:
            names = os.listdir(each)
        except OSError:
            continue
        for cached in names:
            if cached.startswith(prefix) and _records(os.path.join(each, cached), filename, stat):
                return True
    return False


def _records(path: str, source: str, stat: os.stat_result) -> bool:
    """Whether a ``.pyc`` was written from `source`, whose `stat` this is.

    PEP 552: magic number, flags, then time and size, or from pytest 9.2 on the hash of the source.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(16)
        if len(head) == 16 and head[4:8] == b"\3\0\0\0":
            with open(source, "rb") as file:
                return head[8:16] == source_hash(file.read())
    except OSError:
        return False
    mtime, size = int(stat.st_mtime) & 0xFFFFFFFF, stat.st_size & 0xFFFFFFFF
    return (
        len(head) == 16
        and head[4:8] == b"\0\0\0\0"
        and head[8:16] == (mtime.to_bytes(4, "little") + size.to_bytes(4, "little"))
    )
