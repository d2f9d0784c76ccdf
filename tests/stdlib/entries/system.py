"""Paths, processes, the system's enums, functions, types of Python itself."""

import asyncio
import concurrent.futures
import contextlib
import contextvars
import copy
import dataclasses
import enum
import fnmatch
import functools
import hashlib
import importlib.machinery
import mimetypes
import mmap
import operator
import os
import pathlib
import platform
import pstats
import secrets
import select
import selectors
import shutil
import signal
import socket
import sqlite3
import ssl
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import timeit
import traceback
import types
import typing
import unittest.mock
import warnings
import zipfile
import zlib

from table import entry, refused

try:
    import graphlib
except ImportError:  # before 3.9
    graphlib = None

entry("path", lambda: pathlib.Path("a", "b"))
entry("pure_posix_path", lambda: pathlib.PurePosixPath("/a/../b"))
entry("pure_windows_path", lambda: pathlib.PureWindowsPath("c:/a"))
entry("path_used", lambda: used(pathlib.PurePosixPath("/a/b.c")), lambda p: (p.name, p.suffix) == ("b.c", ".c"))
entry("path_types", lambda: [pathlib.PurePath, pathlib.Path, pathlib.PosixPath, pathlib.WindowsPath])
entry("path_methods", lambda: [pathlib.PurePath.joinpath, pathlib.Path.exists, pathlib.Path("a").joinpath][:2])
entry(
    "path_bound_method", lambda: pathlib.PurePosixPath("a").joinpath, lambda f: f("b") == pathlib.PurePosixPath("a/b")
)
entry("os_functions", lambda: [os.getpid, os.path.join, os.path.normpath, os.fspath, os.fsencode, os.path.islink])
entry("stat_result", lambda: os.stat_result(range(10)), lambda s: s.st_mode == 0 and s.st_size == 6)
entry("terminal_size", lambda: os.terminal_size((80, 24)))
entry("times_result", lambda: os.times_result((1, 2, 3, 4, 5)), lambda t: tuple(t) == (1, 2, 3, 4, 5) and t.user == 1)
entry("uname_result", lambda: os.uname_result("abcde"), lambda u: u.sysname == "a")
entry("disk_usage", lambda: shutil._ntuple_diskusage(1, 2, 3))
entry(
    "platform_uname",
    lambda: platform.uname()._replace(system="S", node="N"),
    lambda u: (u.system, u.node, len(u)) == ("S", "N", 6),
)
entry("platform_function", lambda: platform.system)
entry("version_info", lambda: sys.version_info, lambda v: v is sys.version_info)
entry("system_flags", lambda: [sys.flags, sys.float_info, sys.hash_info], lambda f: f[0] is sys.flags)
entry("signal_enum", lambda: signal.SIGTERM)
entry("signal_handlers", lambda: signal.SIG_DFL)
entry("signal_function", lambda: signal.default_int_handler)
entry("socket_family", lambda: socket.AF_INET)
entry("socket_kind", lambda: socket.SOCK_STREAM)
entry("socket_error", lambda: socket.gaierror(-2, "x"), lambda e: type(e) is socket.gaierror and e.errno == -2)
entry("socket_timeout", lambda: socket.timeout("x"), lambda e: type(e).__name__ in ("timeout", "TimeoutError"))
entry("ssl_enum", lambda: [ssl.TLSVersion.TLSv1_2, ssl.CERT_REQUIRED, ssl.Purpose.SERVER_AUTH])
entry("stat_functions", lambda: [stat.S_ISDIR, stat.filemode])
entry("enum_types", lambda: [enum.Enum, enum.IntFlag, enum.EnumMeta, enum.auto])
entry("enum_type_renamed", lambda: type(enum.Enum))
entry("str_enum_type", lambda: enum.StrEnum, lambda c: c.__name__ == "StrEnum", since=(3, 11))
entry(
    "completed_process",
    lambda: subprocess.CompletedProcess(["a"], 1, "o", None),
    lambda p: (p.args, p.returncode, p.stdout) == (["a"], 1, "o"),
)
entry(
    "called_process_error",
    lambda: subprocess.CalledProcessError(1, ["a"], "o", "e"),
    lambda e: (e.returncode, e.cmd, e.output, e.stderr) == (1, ["a"], "o", "e"),
)
entry("timeout_expired", lambda: subprocess.TimeoutExpired(["a"], 1.5), lambda e: (e.cmd, e.timeout) == (["a"], 1.5))
entry("partial", lambda: functools.partial(int, base=2), lambda f: f("11") == 3 and type(f) is functools.partial)
entry("partial_nested", lambda: functools.partial(functools.partial(pow, 2), 3), lambda f: f() == 8)
entry("partial_attributes", lambda: partial_with_attributes(), lambda f: f.note == "n" and f(1) == "1")
entry("partial_method", lambda: functools.partialmethod(int, 1), lambda f: f.func is int and f.args == (1,))
entry("cmp_to_key", lambda: functools.cmp_to_key)
entry("functools_functions", lambda: [functools.reduce, functools.wraps, functools.lru_cache, operator.add])
entry("cached_property_type", lambda: functools.cached_property, since=(3, 8))
entry("single_dispatch", lambda: dispatching, lambda f: f(1) == "int" and f("a") == "other")
entry("dataclass_field", lambda: dataclasses.field(default=3, repr=False), lambda f: f.default == 3 and f.repr is False)
entry("dataclass_missing", lambda: dataclasses.MISSING, lambda m: m is dataclasses.MISSING)
entry(
    "dataclass_of_library",
    lambda: dataclasses.FrozenInstanceError("x"),
    lambda e: type(e) is dataclasses.FrozenInstanceError,
)
entry(
    "topological_sorter",
    lambda: graphlib.TopologicalSorter({"a": ["b"]}),
    lambda s: list(s.static_order()) == ["b", "a"],
    since=(3, 9),
)
entry("struct", lambda: struct.Struct("<ih"), lambda s: s.format == "<ih" and s.size == 6)
entry("struct_error", lambda: struct.error("x"), lambda e: type(e) is struct.error)
entry(
    "zip_info",
    lambda: zipfile.ZipInfo("a", (2020, 1, 2, 3, 4, 6)),
    lambda z: z.filename == "a" and z.date_time[0] == 2020,
)
entry("zlib_error", lambda: zlib.error("x"), lambda e: type(e) is zlib.error)
entry(
    "module_spec",
    lambda: importlib.machinery.ModuleSpec("a", None, origin="o"),
    lambda s: s.name == "a" and s.origin == "o",
)
entry("modules", lambda: [os, os.path, json_module(), sys])
entry("selector_key", lambda: selectors.SelectorKey(1, 2, 3, None))
entry(
    "frame_summary",
    lambda: traceback.FrameSummary("f.py", 3, "name", line="x"),
    lambda f: (f.filename, f.lineno, f.line) == ("f.py", 3, "x"),
)
entry("stack_summary", lambda: traceback.StackSummary.from_list([("f.py", 3, "n", "x")]), lambda s: s[0].name == "n")
entry(
    "warning_message",
    lambda: warnings.WarningMessage("m", UserWarning, "f", 3),
    lambda w: str(w.message) == "m" and w.lineno == 3,
)
entry("mime_types", lambda: mimetypes.MimeTypes(), lambda m: m.guess_type("a.txt")[0] == "text/plain")
entry("timer", lambda: timeit.Timer, lambda t: t is timeit.Timer)
entry("mock_sentinel", lambda: unittest.mock.sentinel.A, lambda s: s is unittest.mock.sentinel.A)
entry("mock_any", lambda: unittest.mock.DEFAULT, lambda s: s is unittest.mock.DEFAULT)
entry("test_case", lambda: unittest.FunctionTestCase(used), lambda t: isinstance(t, unittest.TestCase))
entry("test_result", lambda: unittest.TestResult(), lambda r: r.wasSuccessful())
entry(
    "types_of_types",
    lambda: [types.FunctionType, types.MappingProxyType, types.GeneratorType, types.MethodType, types.ModuleType],
)
entry("cell_type", lambda: types.CellType, since=(3, 8))
entry("none_type_name", lambda: types.NoneType, since=(3, 10))
entry("generic_alias", lambda: list[int], since=(3, 9))
entry("union", lambda: int | str, lambda u: u == int | str, since=(3, 10))
entry("typing_hints", lambda: [typing.List[int], typing.Optional[str], typing.Callable[[int], str], typing.Any])
entry("type_var", lambda: typing.AnyStr, lambda v: v is typing.AnyStr)
entry("forward_reference", lambda: typing.ForwardRef("a"))
entry("method_type", lambda: "a,b".split, lambda f: f(",") == ["a", "b"])
entry("class_method", lambda: dict.fromkeys, lambda f: f("a") == {"a": None})
entry("unbound_method", lambda: str.upper)
entry("builtin_functions", lambda: [len, print, open, max, __import__])
entry(
    "property", lambda: property(operator.attrgetter("real")), lambda p: type(p) is property and p.fget(1 + 2j) == 1.0
)
entry("null_context", lambda: contextlib.nullcontext(3), lambda c: c.__enter__() == 3)
entry("suppress", lambda: contextlib.suppress(KeyError), lambda c: c.__exit__(KeyError, None, None))
entry("exit_stack", lambda: contextlib.ExitStack(), lambda c: c.close() is None)
entry("copy_error", lambda: copy.Error("x"), lambda e: type(e) is copy.Error)
entry(
    "futures_errors",
    lambda: [concurrent.futures.CancelledError("x"), asyncio.InvalidStateError("y")],
    lambda e: type(e[1]) is asyncio.InvalidStateError,
)
entry(
    "asyncio_incomplete_read",
    lambda: asyncio.IncompleteReadError(b"a", 3),
    lambda e: (e.partial, e.expected) == (b"a", 3),
)
entry("asyncio_timeout", lambda: asyncio.TimeoutError("x"), lambda e: type(e).__name__ == "TimeoutError")
entry("fnmatch_function", lambda: fnmatch.fnmatch)
entry("secrets_functions", lambda: [secrets.token_hex, secrets.compare_digest])
entry(
    "hash_functions",
    lambda: [hashlib.md5, hashlib.sha256, hashlib.new, hashlib.blake2b],
    lambda f: f[1](b"").digest_size == 32,
)
entry("sqlite_types", lambda: [sqlite3.Row, sqlite3.OperationalError])
entry("sqlite_error", lambda: sqlite3.OperationalError("x"), lambda e: type(e) is sqlite3.OperationalError)
entry("profiler_stats", lambda: pstats.SortKey.TIME, lambda k: k is pstats.SortKey.TIME)
entry("barrier_error", lambda: threading.BrokenBarrierError("x"), lambda e: type(e) is threading.BrokenBarrierError)
entry("lock_functions", lambda: threading.Lock, lambda f: f is threading.Lock)
entry("temporary_names", lambda: tempfile.gettempdir)


@functools.singledispatch
def dispatching(obj):
    return "other"


@dispatching.register(int)
def _(obj):
    return "int"


def used(path):
    """A path that has cached what it computed."""
    str(path), hash(path), path.parts, path.name
    return path


def partial_with_attributes():
    made = functools.partial(str)
    made.note = "n"
    return made


def json_module():
    import json.decoder

    return json.decoder


def generator():
    yield 1


async def coroutine():
    """Not awaited."""


class Coroutine:
    """Closes the coroutine that it makes when it goes."""

    def __new__(cls):
        made = coroutine()
        OPEN.append(made)
        return made


OPEN = []

refused("lock", threading.Lock, "_thread.lock")
refused("rlock", threading.RLock, "RLock")
refused("condition", threading.Condition, "RLock")
refused("event", threading.Event, "_thread.lock")
refused("semaphore", threading.Semaphore, "_thread.lock")
refused("thread", threading.current_thread, "_thread|lock")
refused("thread_local", threading.local, "_thread._local")
refused("generator", generator, "generator")
refused("generator_expression", lambda: (x for x in [1]), "generator")
refused("coroutine", Coroutine, "coroutine")
refused("frame", sys._getframe, "frame")
refused("hash", lambda: hashlib.sha256(b"a"), "HASH")
refused("context_of_variables", contextvars.copy_context, "Context")
refused("context_variable", lambda: contextvars.ContextVar("a"), "ContextVar")
refused("memory_map", lambda: mmap.mmap(-1, 10), "mmap")
refused("sqlite_connection", lambda: sqlite3.connect(":memory:"), "sqlite3.Connection")
refused("executor", lambda: concurrent.futures.ThreadPoolExecutor(1), "SimpleQueue|Queue|lock")
refused("future", concurrent.futures.Future, "RLock")
refused("compressor", zlib.compressobj, "[Cc]ompress")
refused("directory_entries", lambda: os.scandir("/"), "ScandirIterator")
refused("selector", select.poll, "select.poll|pickle")
refused("temporary_file", tempfile.TemporaryFile, "Buffered")
refused("standard_input", lambda: sys.stdin, "standard input")
