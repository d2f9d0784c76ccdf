"""submitit, with jobs of any Python.

Needed where jobs are submitted; in the jobs Codepickle has to be importable:

    from codepickle.integrations import submitit as on_submitit
    on_submitit.install()
    executor = submitit.LocalExecutor(folder, python="/usr/bin/python3.9")
    job = executor.submit(function, 1, 2)

A job that came by Codepickle also writes its result with it.
"""

from __future__ import annotations

import sys
from typing import Any, Optional

import codepickle

from ._engine import Changes, Integration, Sent


def _change(changes: Changes, _: Any) -> None:
    from submitit.core import utils

    changes.attribute(utils, "cloudpickle", _Library)


class _Library:
    """What submitit calls of cloudpickle."""

    @staticmethod
    def dump(obj: object, file: Any, protocol: Optional[int] = None) -> None:
        # submitit would take the highest protocol of this Python, which the job's need not know.
        codepickle.dump(Sent(integration, obj), file)


def _in_job() -> bool:
    specification = getattr(sys.modules.get("__main__"), "__spec__", None)
    return specification is not None and specification.name == "submitit.core._submit"


integration = Integration(__name__, "submitit", "submitit", ("1.4", "2"), _change, "submitit", _in_job)
install = integration.install
uninstall = integration.uninstall
