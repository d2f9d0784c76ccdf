"""`multiprocessing` and `concurrent.futures`: whatever goes through their pipes and queues.

Needed in the process that submits; in its workers too if they return what only Codepickle pickles. Workers that are
forked have it from their parent.

>>> from codepickle.integrations import multiprocessing
>>> with multiprocessing.install():
...     multiprocessing.integration.installed
True
"""

from __future__ import annotations

import io
from typing import Any, Optional

from .. import Pickler
from ._engine import Changes, Integration


def _change(changes: Changes, _: Any) -> None:
    from multiprocessing import connection, queues, reduction

    change_pickler(changes, reduction, connection, queues)


def change_pickler(changes: Changes, reduction: Any, connection: Any, queues: Any) -> None:
    """In these modules of multiprocessing, or of a package that was made of it."""
    forking = reduction.ForkingPickler

    class ForkingPickler(Pickler):
        """`multiprocessing.reduction.ForkingPickler` on Codepickle: with its table of reducers."""

        register = forking.register
        loads = staticmethod(forking.loads)

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            # As the original does: what others registered, then what multiprocessing knows how to send.
            table = dict(type(self).dispatch_table)
            table.update(forking._extra_reducers)
            setattr(self, "dispatch_table", table)  # noqa: B010  # for mypy it belongs to the class

        @classmethod
        def dumps(cls, obj: object, protocol: Optional[int] = None) -> memoryview:
            file = io.BytesIO()
            cls(file, protocol).dump(obj)
            return file.getbuffer()

    for module in (reduction, connection, queues):
        for name in ("_ForkingPickler", "ForkingPickler"):
            if vars(module).get(name) is forking:
                changes.attribute(module, name, ForkingPickler)


integration = Integration(__name__, "multiprocessing", None, ("", ""), _change)
install = integration.install
uninstall = integration.uninstall
