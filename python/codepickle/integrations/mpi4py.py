"""mpi4py and its `mpi4py.futures`, with processes of any Python, by the hook that it has for it: ``MPI.pickle``.

Needed in every process that sends functions or classes:

    from codepickle.integrations import mpi4py as on_mpi
    on_mpi.install()
    with MPIPoolExecutor(1, python_exe="/usr/bin/python3.9", initializer=on_mpi.install) as pool:
        pool.submit(function).result()
"""

from __future__ import annotations

from typing import Any

import codepickle

from ._engine import Changes, Integration


def _change(changes: Changes, _: Any) -> None:
    # Starts MPI, if it does not run yet.
    from mpi4py import MPI

    # It takes no other way back than to what it was when it was made.
    changes.call(
        lambda: MPI.pickle.__init__(codepickle.dumps, codepickle.loads, codepickle.DEFAULT_PROTOCOL),
        lambda: MPI.pickle.__init__(),
    )


integration = Integration(__name__, "mpi4py", "mpi4py", ("3.1", "5"), _change, "mpi4py")
install = integration.install
uninstall = integration.uninstall
