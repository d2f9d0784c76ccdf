"""Pickle functions and classes as source code, so that what one Python wrote every Python can run.

A drop-in for `cloudpickle`: ``import codepickle as cloudpickle``. What `dumps` writes is an ordinary pickle;
`pickle.loads` reads it on any CPython from 3.7 on, on PyPy and in WebAssembly builds.

>>> import codepickle, pickle
>>> double = lambda x: 2 * x
>>> pickle.loads(codepickle.dumps(double))(21)
42
"""

from __future__ import annotations

from importlib import import_module

from ._errors import PicklingError, PortabilityWarning
from ._loading import load, loads
from ._reference import (
    list_registry_pickle_by_value,
    register_pickle_by_value,
    unregister_pickle_by_value,
)
from ._runtime import BytecodeVersionError, LoadError, MissingModuleError, SourceSyntaxError, WireFormatError

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` takes longer to import than the rest together
    from typing import Any, List

    from ._executor import InterpreterDied, PythonExecutor, RemoteError, run
    from ._fingerprint import fingerprint
    from ._inspect import inspect
    from ._lowering import LoweringError, MinimumVersion, lower, minimum_version
    from ._policy import Policy, PolicyError
    from ._portable_groups import portable
    from ._recorder import record_sources
    from ._report_data import Finding, Report
    from ._requirements import Requirement, Requirements, requirements
    from ._signing import Key, SignatureError, sign, verify
    from ._sources import getsource
    from ._version import __version__ as __version__

try:
    from ._pickler import CloudPickler, Pickler, dump, dumps
except ImportError:  # the wheel for Pythons without a native module: the loader alone
    if TYPE_CHECKING:
        raise
    from ._loader_only import (  # type: ignore[no-redef]  # of an overloaded function
        CloudPickler,
        Finding,
        InterpreterDied,
        LoweringError,
        MinimumVersion,
        Pickler,
        Policy,
        PolicyError,
        PythonExecutor,
        RemoteError,
        Report,
        Requirement,
        Requirements,
        dump,
        dumps,
        fingerprint,
        getsource,
        inspect,
        lower,
        minimum_version,
        portable,
        record_sources,
        requirements,
        run,
    )

#: Imported when they are asked for: every worker imports the package, and few need these.
_LATE = {
    "__version__": "_version",
    "Finding": "_report_data",
    "InterpreterDied": "_executor",
    "Key": "_signing",
    "LoweringError": "_lowering",
    "MinimumVersion": "_lowering",
    "Policy": "_policy",
    "PolicyError": "_policy",
    "PythonExecutor": "_executor",
    "RemoteError": "_executor",
    "Report": "_report_data",
    "Requirement": "_requirements",
    "SignatureError": "_signing",
    "Requirements": "_requirements",
    "fingerprint": "_fingerprint",
    "getsource": "_sources",
    "inspect": "_inspect",
    "lower": "_lowering",
    "minimum_version": "_lowering",
    "portable": "_portable_groups",
    "record_sources": "_recorder",
    "requirements": "_requirements",
    "run": "_executor",
    "sign": "_signing",
    "verify": "_signing",
}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module("." + _LATE[name], __name__), name)
    return value


def __dir__() -> List[str]:
    return sorted({*globals(), *_LATE})


#: The protocol that `dumps` writes: 4, which every Python from 3.4 on reads. `cloudpickle` takes the highest of the
#: interpreter that dumps, which an older one may not read.
DEFAULT_PROTOCOL = 4

__all__ = [
    "DEFAULT_PROTOCOL",
    "BytecodeVersionError",
    "CloudPickler",
    "Finding",
    "InterpreterDied",
    "Key",
    "LoadError",
    "LoweringError",
    "MinimumVersion",
    "MissingModuleError",
    "Pickler",
    "PicklingError",
    "Policy",
    "PolicyError",
    "PortabilityWarning",
    "PythonExecutor",
    "RemoteError",
    "Report",
    "Requirement",
    "Requirements",
    "SignatureError",
    "SourceSyntaxError",
    "WireFormatError",
    "dump",
    "dumps",
    "fingerprint",
    "getsource",
    "inspect",
    "list_registry_pickle_by_value",
    "load",
    "loads",
    "lower",
    "minimum_version",
    "portable",
    "record_sources",
    "register_pickle_by_value",
    "requirements",
    "run",
    "sign",
    "unregister_pickle_by_value",
    "verify",
]
