"""Names that run code, start processes, or open the way to both: what attacks on pickles call."""

from __future__ import annotations

from typing import Optional

#: Modules of which nothing belongs into a payload from a stranger.
_MODULES = {
    "starts processes, or changes files": "os posix nt posixpath._os subprocess _posixsubprocess pty shutil "
    "multiprocessing commands popen2 platform webbrowser asyncio.subprocess pathlib._os tempfile fileinput glob",
    "runs code that it is given": "code codeop runpy pdb bdb profile cProfile timeit trace doctest _testcapi "
    "test unittest idlelib lib2to3 _xxsubinterpreters concurrent.interpreters sqlite3",
    "imports modules by name": "importlib imp pkgutil zipimport _frozen_importlib _frozen_importlib_external",
    "loads pickles or bytecode": "pickle _pickle marshal shelve dill cloudpickle joblib jsonpickle",
    "calls native code": "ctypes _ctypes cffi mmap",
    "opens connections": "socket _socket ssl http urllib urllib2 httplib ftplib smtplib telnetlib xmlrpc socketserver "
    "requests nntplib poplib imaplib asyncio",
    "installs packages": "pip ensurepip venv setuptools distutils",
    "reaches the interpreter itself": "sys gc inspect types._calculate_meta faulthandler signal threading "
    "_thread atexit site sysconfig linecache tracemalloc copyreg",
}

_NAMES = {
    "runs code that it is given": "builtins.eval builtins.exec builtins.compile builtins.execfile __builtin__.eval "
    "__builtin__.exec __builtin__.execfile builtins.breakpoint types.CodeType types.FunctionType "
    "builtins.classmethod builtins.staticmethod",
    "imports modules by name": "builtins.__import__ __builtin__.__import__ types.ModuleType.__getattribute__",
    "reaches attributes by name": "builtins.getattr builtins.setattr builtins.delattr builtins.vars builtins.dir "
    "builtins.globals builtins.locals builtins.object.__getattribute__ builtins.type builtins.super "
    "operator.attrgetter operator.methodcaller operator.itemgetter operator.getitem operator.setitem operator.call "
    "_operator.attrgetter _operator.methodcaller _operator.itemgetter _operator.getitem _operator.call",
    "calls what it is given": "builtins.map builtins.filter builtins.apply builtins.sorted builtins.max builtins.min "
    "builtins.reduce functools.reduce functools.partial functools.partialmethod functools.singledispatch "
    "functools.cached_property _functools.reduce _functools.partial itertools.starmap itertools.accumulate "
    "itertools.groupby itertools.takewhile itertools.dropwhile itertools.filterfalse contextlib.ExitStack "
    "collections.defaultdict builtins.iter logging.config.dictConfig weakref.finalize",
    "opens files": "builtins.open io.open io.FileIO _io.open _io.FileIO codecs.open io.open_code builtins.input",
}

_BY_MODULE = {module: why for why, modules in _MODULES.items() for module in modules.split()}
_BY_NAME = {name: why for why, names in _NAMES.items() for name in names.split()}


def why_dangerous(module: str, name: Optional[str]) -> Optional[str]:
    """Why a name has no place in a payload from a stranger; None if nothing is known against it.

    A list of what is known to be bad can never be complete: `Policy` goes by what is known to be good.
    """
    if name is None:
        # A function may well use `os`; importing that does nothing.
        return "does something when it is imported" if module in _ACTS else None
    full = module + "." + name
    for known in (full, "builtins." + name if module == "__builtin__" else full):
        if known in _BY_NAME:
            return _BY_NAME[known]
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        why = _BY_MODULE.get(".".join(parts[:length]))
        if why is not None:
            return None if full in _HARMLESS else why
    steps = name.split(".")
    if len(steps) > 1 and any(step in _BY_MODULE or (step[:2] == step[-2:] == "__") for step in steps):
        return "leads through attributes to somewhere else"
    return None


#: Modules that are programs.
_ACTS = frozenset(["__main__.__main__", "antigravity", "idlelib.idle", "pip.__main__", "this", "turtledemo.__main__"])

#: What such modules hold and honest payloads use.
_HARMLESS = frozenset(
    [
        "cloudpickle.cloudpickle.subimport",
        "copyreg.__newobj__",
        "copyreg.__newobj_ex__",
        "copyreg.__reduce_ex__",
        "copyreg._reconstructor",
        "inspect.Parameter",
        "inspect.Signature",
        "inspect._ParameterKind",
    ]
)
