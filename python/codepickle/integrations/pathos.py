"""pathos: its pools of processes, on multiprocess, and its parallel pools, on the servers of ppft.

    from codepickle.integrations import pathos as on_pathos
    on_pathos.install()
    ParallelPool(servers=("10.0.0.7:35000",)).map(function, values)

It is `codepickle.integrations.multiprocess` and `codepickle.integrations.ppft` in one.
"""

from __future__ import annotations

from typing import Any

from . import multiprocess, ppft
from ._engine import Changes, Integration


def _change(changes: Changes, _: Any) -> None:
    multiprocess.integration.check()
    multiprocess.change(changes, None)
    ppft.change(changes, ppft.integration.check())


integration = Integration(__name__, "pathos", "pathos", ("0.2.8", "0.4"), _change, "pathos")
install = integration.install
uninstall = integration.uninstall
