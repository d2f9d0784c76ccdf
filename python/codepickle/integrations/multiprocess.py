"""multiprocess, which is multiprocessing with dill: whatever goes through its pipes and queues.

    from codepickle.integrations import multiprocess as on_multiprocess
    on_multiprocess.install()

Needed in the process that submits; in its workers too if they return what only Codepickle pickles. Workers that are
forked have it from their parent.
"""

from __future__ import annotations

from typing import Any

from ._engine import Changes, Integration
from .multiprocessing import change_pickler


def change(changes: Changes, _: Any) -> None:
    from multiprocess import connection, queues, reduction

    change_pickler(changes, reduction, connection, queues)


integration = Integration(__name__, "multiprocess", "multiprocess", ("0.70.12", "0.71"), change, "pathos")
install = integration.install
uninstall = integration.uninstall
