"""ipyparallel, with engines of any Python.

Needed in the client; in the engines where their results hold functions or classes:

    from codepickle.integrations import ipyparallel
    ipyparallel.install()
    client[:].apply_sync(ipyparallel.install)
"""

from __future__ import annotations

import functools
from types import FunctionType
from typing import Any

import codepickle

from ._engine import Changes, Integration


def _change(changes: Changes, ipyparallel: Any) -> None:
    from ipyparallel.serialize import canning, serialize

    # As its own `use_cloudpickle` does.
    changes.attribute(serialize, "pickle", codepickle)
    # What it would take apart by itself, losing what is shared: code objects, cells, the classes of __main__.
    for kind in (FunctionType, functools.partial, canning.cell_type, type):
        changes.without(canning.can_map, kind)


integration = Integration(__name__, "ipyparallel", "ipyparallel", ("8.6", "10"), _change, "ipyparallel")
_install = integration.install
uninstall = integration.uninstall


def install(*, any_version: bool = False) -> None:
    """See `Integration.install`; without a result, so that it can be applied on engines."""
    _install(any_version=any_version)
