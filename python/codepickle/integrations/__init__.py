"""Codepickle in the engines that people already run: one module per engine.

Each module has `install` and `uninstall`. After `install` what the engine pickles with its own means travels as source,
between Pythons of different versions. It can be called again and again, and is a context manager:

>>> from codepickle.integrations import multiprocessing
>>> with multiprocessing.install():
...     pass  # functions of __main__, lambdas and closures can be sent to worker processes here

An engine in a version that is not known is refused with `UnsupportedVersion`, unless ``any_version=True`` is given.
"""

from __future__ import annotations

from ._engine import Integration, UnsupportedVersion

__all__ = ["Integration", "UnsupportedVersion"]
