"""Ray, with workers of any Python that it supports.

Needed in the process that submits, and in the workers where their results hold functions or classes:

    from codepickle.integrations import ray as on_ray
    on_ray.install()
    ray.init(runtime_env={"worker_process_setup_hook": "codepickle.integrations.ray.install"})

    @ray.remote(runtime_env={"py_executable": "/usr/bin/python3.9"})
    def task(): ...
"""

from __future__ import annotations

from typing import Any

from ._engine import Changes, Integration
from .cloudpickle import redirect_in


def _change(changes: Changes, ray: Any) -> None:
    redirect_in(changes, ray.cloudpickle)


integration = Integration(__name__, "ray", "ray", ("2.51", "3"), _change, "ray")
uninstall = integration.uninstall


def install(*, any_version: bool = False) -> Any:
    """See `Integration.install`. A function, so that Ray finds it as a ``worker_process_setup_hook``."""
    return integration.install(any_version=any_version)
