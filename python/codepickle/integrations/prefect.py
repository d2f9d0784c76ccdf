"""Prefect, by the hook that it has for it: ``PickleSerializer(picklelib="codepickle")``.

That is all for a flow or a task that names its serializer:

    @task(persist_result=True, result_serializer=PickleSerializer(picklelib="codepickle"))
    def train(): ...

For all that name none, or the one called ``pickle``, and for what goes to other processes:

    from codepickle.integrations import prefect as on_prefect
    on_prefect.install()

Kept results name the library that wrote them: where they are read Codepickle has to be importable, and nothing more.
"""

from __future__ import annotations

from typing import Any

import codepickle

from ._engine import Changes, Integration


def _change(changes: Changes, _: Any) -> None:
    from prefect import serializers
    from prefect.utilities import callables

    original = serializers.PickleSerializer.__init__

    def __init__(self: Any, **data: Any) -> None:
        data.setdefault("picklelib", "codepickle")
        original(self, **data)

    changes.attribute(serializers.PickleSerializer, "__init__", __init__)
    modules = [callables]
    try:
        from prefect import bundles
    except ImportError:
        pass  # a version that has none
    else:
        modules.append(bundles)
    for module in modules:
        # Calls for other processes, and flows for the machines of a work pool.
        if hasattr(module, "cloudpickle"):
            changes.attribute(module, "cloudpickle", codepickle)


integration = Integration(__name__, "prefect", "prefect", ("3.1", "4"), _change, "prefect")
install = integration.install
uninstall = integration.uninstall
