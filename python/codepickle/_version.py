"""``codepickle.__version__``, which is written down in Cargo.toml alone."""

from __future__ import annotations

from pathlib import Path

try:
    from ._native import __version__ as __version__
except ImportError:  # the loader alone: what installed it has written the version beside it
    _home = Path(__file__).resolve().parent.parent
    _found = [path.name[len("codepickle-") : -len(".dist-info")] for path in _home.glob("codepickle-*.dist-info")]
    __version__ = _found[0] if _found else "unknown"
