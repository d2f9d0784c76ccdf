"""What stands in for the pickler where only the loader is installed: `loads` works, `dumps` says what is missing."""

from __future__ import annotations

import sys
from typing import Any, NoReturn


def _missing(what: str) -> NoReturn:
    from . import _runtime

    raise NotImplementedError(
        "codepickle.%s needs the native module, which this installation (%s, %s) lacks: it holds the loader alone. "
        "Payloads load here; dump them with CPython 3.7 or later, on a platform for which there is a wheel, or build "
        "one with cargo and `pip install --no-binary codepickle codepickle`." % (what, _runtime._python(), sys.platform)
    )


def dumps(*args: Any, **options: Any) -> bytes:
    """Raises NotImplementedError: see the module's docstring."""
    _missing("dumps")


def dump(*args: Any, **options: Any) -> None:
    """Raises NotImplementedError: see the module's docstring."""
    _missing("dump")


def fingerprint(obj: object, **options: Any) -> str:
    """Raises NotImplementedError: see the module's docstring."""
    _missing("fingerprint")


def getsource(obj: object) -> str:
    """Raises NotImplementedError: see the module's docstring."""
    _missing("getsource")


def inspect(payload: Any) -> Any:
    """Raises NotImplementedError: see the module's docstring."""
    _missing("inspect")


def lower(*args: Any, **options: Any) -> str:
    """Raises NotImplementedError: see the module's docstring."""
    _missing("lower")


def minimum_version(*args: Any, **options: Any) -> Any:
    """Raises NotImplementedError: see the module's docstring."""
    _missing("minimum_version")


def portable(*args: Any, **options: Any) -> Any:
    """Raises NotImplementedError: see the module's docstring."""
    _missing("portable")


def record_sources() -> Any:
    """Raises NotImplementedError: see the module's docstring."""
    _missing("record_sources")


def requirements(*args: Any, **options: Any) -> Any:
    """Raises NotImplementedError: see the module's docstring."""
    _missing("requirements")


def run(*args: Any, **options: Any) -> Any:
    """Raises NotImplementedError: see the module's docstring."""
    _missing("run")


class Pickler:
    """Raises NotImplementedError when instantiated: see the module's docstring."""

    def __init__(self, *args: Any, **options: Any) -> None:
        _missing("Pickler")


CloudPickler = Pickler


class Requirements:
    """Raises NotImplementedError when instantiated: see the module's docstring."""

    def __init__(self, *args: Any, **options: Any) -> None:
        _missing("Requirements")


Requirement = MinimumVersion = Report = Finding = Requirements


class Policy:
    """Raises NotImplementedError when instantiated: without the native module nothing is checked."""

    def __init__(self, *args: Any, **options: Any) -> None:
        _missing("Policy")

    def loads(self, data: Any, *, buffers: Any = None) -> Any:
        """Raises NotImplementedError."""
        _missing("Policy")


class PolicyError(ValueError):
    """Of `codepickle.Policy`, which this installation lacks."""


class PythonExecutor:
    """Raises NotImplementedError when instantiated: see the module's docstring."""

    def __init__(self, *args: Any, **options: Any) -> None:
        _missing("PythonExecutor")


class InterpreterDied(RuntimeError):
    """Of `PythonExecutor`, which this installation lacks."""


class RemoteError(Exception):
    """Of `PythonExecutor`, which this installation lacks."""


class LoweringError(SyntaxError):
    """Of `codepickle.lower`, which this installation lacks."""
