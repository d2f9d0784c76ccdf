"""Names that run code, start processes, or open the way to both: what attacks on pickles call."""

from __future__ import annotations

from typing import Optional

#: Modules of which nothing belongs into a payload from a stranger.
_MODULES = {
    "starts processes, or changes files": "os posix nt posixpath._os subprocess _posixsubprocess pty shutil "
    "multiprocessing commands popen2 platform webbrowser asyncio.subprocess pathlib._os tempfile fileinput glob "
    "mailcap _aix_support _osx_support _pyrepl zipapp tarfile zipfile dbm _winapi winreg msilib pexpect plumbum fabric "
    "invoke paramiko psutil sh",
    "runs code that it is given": "code codeop runpy pdb bdb profile cProfile timeit trace doctest _testcapi "
    "test unittest idlelib lib2to3 _xxsubinterpreters concurrent.interpreters sqlite3 _interpreters pydoc cmd "
    "rlcompleter py_compile compileall turtledemo tkinter _tkinter turtle sched concurrent.futures mock "
    "numpy.f2py numpy.distutils numpy.testing numpy.ctypeslib numexpr IPython jinja2 sympy pytest _pytest",
    "imports modules by name": "importlib imp pkgutil zipimport _frozen_importlib _frozen_importlib_external "
    "pkg_resources",
    "loads pickles or bytecode": "pickle _pickle marshal shelve dill cloudpickle joblib jsonpickle yaml torch.hub "
    "torch.serialization torch.package pandas.io",
    "calls native code": "ctypes _ctypes cffi mmap _cffi_backend torch.utils.cpp_extension",
    "opens connections": "socket _socket ssl http urllib urllib2 httplib ftplib smtplib telnetlib xmlrpc socketserver "
    "requests nntplib poplib imaplib asyncio aiohttp httpx urllib3 wsgiref",
    "installs packages": "pip ensurepip venv setuptools distutils",
    "reaches the interpreter itself": "sys gc inspect types._calculate_meta faulthandler signal threading "
    "_thread atexit site sysconfig linecache tracemalloc copyreg _ast _sitebuiltins annotationlib",
}

_NAMES = {
    "runs code that it is given": "builtins.eval builtins.exec builtins.compile builtins.execfile __builtin__.eval "
    "__builtin__.exec __builtin__.execfile builtins.breakpoint types.CodeType types.FunctionType "
    "typing.get_type_hints typing.ForwardRef typing._eval_type numpy.lib.utils.safe_eval pandas.eval "
    "torch.utils.collect_env.run torch.utils._config_module.load_config torch.jit.unsupported_tensor_ops.execWrapper "
    "torch._dynamo.guards.GuardBuilder.get torch._inductor.codecache.compile_file uuid._get_command_stdout "
    "uuid._popen logging.config.listen ",
    "imports modules by name": "builtins.__import__ __builtin__.__import__ types.ModuleType.__getattribute__ "
    "logging.config.dictConfig logging.config.fileConfig logging.config._resolve xml.sax.make_parser "
    "encodings.search_function",
    "reaches attributes by name": "builtins.getattr builtins.setattr builtins.delattr builtins.vars builtins.dir "
    "builtins.globals builtins.locals builtins.object.__getattribute__ builtins.super "
    "operator.attrgetter operator.methodcaller operator.itemgetter operator.getitem operator.setitem operator.call "
    "_operator.attrgetter _operator.methodcaller _operator.itemgetter _operator.getitem _operator.setitem "
    "_operator.call",
    "calls what it is given": "builtins.map builtins.filter builtins.apply builtins.sorted builtins.max builtins.min "
    "builtins.reduce functools.reduce _functools.reduce itertools.starmap itertools.accumulate "
    "itertools.groupby itertools.takewhile itertools.dropwhile itertools.filterfalse contextlib.ExitStack "
    "builtins.iter weakref.finalize",
    "opens files": "builtins.open io.open io.FileIO _io.open _io.FileIO codecs.open io.open_code builtins.input "
    "gzip.open gzip.GzipFile bz2.open bz2.BZ2File lzma.open lzma.LZMAFile logging.FileHandler wave.open aifc.open "
    "numpy.load numpy.save numpy.savez numpy.savetxt numpy.loadtxt numpy.genfromtxt numpy.fromfile numpy.memmap "
    "numpy.lib.npyio.load numpy.lib.npyio.save pandas.read_pickle pandas.read_csv torch.load torch.save "
    "xml.etree.ElementTree.parse configparser.RawConfigParser.read argparse.FileType netrc.netrc "
    "logging.handlers.RotatingFileHandler logging.handlers.TimedRotatingFileHandler "
    "logging.handlers.WatchedFileHandler",
}

#: Names that may come to call what they hold, when they are used. Honest payloads have them.
_HOLDERS = frozenset(
    [
        "_functools.partial",
        "collections.defaultdict",
        "functools.cached_property",
        "functools.partial",
        "functools.partialmethod",
        "functools.singledispatch",
    ]
)

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
    if name in ("__builtins__", "__dict__", "__loader__", "__spec__"):
        return "leads through attributes to somewhere else"
    steps = name.split(".")
    if len(steps) > 1 and any(step in _BY_MODULE or (step[:2] == step[-2:] == "__") for step in steps):
        return "leads through attributes to somewhere else"
    return None


def is_holder(module: str, name: Optional[str]) -> bool:
    """Whether a name makes what calls what it holds, when that is used."""
    return "%s.%s" % (module, name) in _HOLDERS


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
