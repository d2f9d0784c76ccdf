"""Globus Compute, by the hook that it has for it: a `SerializationStrategy`, with endpoints of any Python.

Needed where functions are submitted, nothing on the endpoint:

    from codepickle.integrations import globus_compute as on_globus
    on_globus.install()
    with globus_compute_sdk.Executor(endpoint_id) as executor:
        executor.submit(function).result()

The endpoint gets what it takes for the work of `DillCode` and `DillDataBase64`, which are allowed by default: dill
loads every pickle. The loader is in it.
"""

from __future__ import annotations

from typing import Any

import codepickle

from ._engine import Changes, Integration


def _change(changes: Changes, _: Any) -> None:
    import base64

    from globus_compute_sdk.serialize import concretes, facade
    from globus_compute_sdk.serialize.base import SerializationStrategy

    def dumped(data: object) -> str:
        return base64.b64encode(codepickle.dumps(data, self_contained=True)).decode()

    before = dict(SerializationStrategy._CACHE)

    # Classes of these names register themselves under what is their identifier here.
    class CodepickleCode(concretes.DillCode):  # type: ignore[misc]
        """Functions, in what `DillCode` reads."""

        identifier = "cc\n"

        def serialize(self, data: object) -> str:
            return str(concretes.DillCode.identifier) + dumped(data)

    class CodepickleData(concretes.DillDataBase64):  # type: ignore[misc]
        """Arguments, in what `DillDataBase64` reads."""

        identifier = "cd\n"

        def serialize(self, data: object) -> str:
            return str(concretes.DillDataBase64.identifier) + dumped(data)

    def forget() -> None:
        SerializationStrategy._CACHE.clear()
        SerializationStrategy._CACHE.update(before)

    changes.call(lambda: None, forget)
    selectable = concretes.SELECTABLE_STRATEGIES
    for strategy in (CodepickleCode, CodepickleData):
        changes.attribute(concretes, strategy.__name__, strategy)
        changes.call(
            lambda strategy=strategy: selectable.append(strategy),  # type: ignore[misc]
            lambda strategy=strategy: selectable.remove(strategy),  # type: ignore[misc]
        )
    cached = SerializationStrategy.get_cached_by_class
    changes.attribute(facade, "DEFAULT_STRATEGY_CODE", cached(CodepickleCode))
    changes.attribute(facade, "DEFAULT_STRATEGY_DATA", cached(CodepickleData))


integration = Integration(__name__, "globus-compute-sdk", "globus_compute_sdk", ("3", "5"), _change, "globus-compute")
install = integration.install
uninstall = integration.uninstall
