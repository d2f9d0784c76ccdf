"""Parsl, by the hook that it has for it (`register_method_for_code`), with workers of any Python.

Needed where the workflow runs:

    from codepickle.integrations import parsl as on_parsl
    on_parsl.install()
    executor = HighThroughputExecutor(
        interchange_launch_cmd=on_parsl.interchange(),
        provider=LocalProvider(worker_init="export PATH=/opt/python3.9/bin:$PATH"),
    )

In the workers Codepickle has to be importable. What comes to them names this module, which Parsl imports there: from
then on they send results in the same way.
"""

from __future__ import annotations

import pickle
import sys
from typing import Any, List

import codepickle

from ._engine import Changes, Integration


class Serializer:
    """What Parsl takes for a serializer."""

    #: What Parsl's receivers import and call if they do not know it.
    identifier = b"codepickle.integrations.parsl received"

    def serialize(self, data: object) -> bytes:
        return codepickle.dumps(data)

    def deserialize(self, body: bytes) -> Any:
        return codepickle.loads(body)


def received() -> Serializer:
    """What a worker gets that was sent something of Codepickle: it will answer likewise."""
    # Which versions are known was asked where it was sent.
    install(any_version=True)
    return Serializer()


def _change(changes: Changes, _: Any) -> None:
    from parsl.serialize import facade

    ours = Serializer()
    for methods, register in (
        (facade.methods_for_code, facade.register_method_for_code),
        (facade.methods_for_data, facade.register_method_for_data),
    ):
        # The first that can is taken: those that are registered go behind it, and still read what they wrote.
        before = dict(methods)

        def undo(methods: Any = methods) -> None:
            methods.pop(Serializer.identifier, None)

        changes.call(methods.clear, undo)
        register(ours)
        methods.update(before)


def interchange() -> List[str]:
    """The command for ``interchange_launch_cmd`` that lets workers of other Pythons join.

    The interchange, a process that hands tasks to the workers, compares their version with its own, and refuses
    another. It hands on bytes that it does not look into.
    """
    return [sys.executable, "-m", __name__]


class _AnyVersion(str):
    """A version that is equal to every other, and so is what is split off it."""

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    def rsplit(self, *separator: Any) -> Any:
        return [_AnyVersion(part) for part in super().rsplit(*separator)]


def _main() -> None:
    """Parsl's interchange, which reads what it is to do from standard input."""
    from parsl.executors.high_throughput.interchange import Interchange

    running = Interchange(**pickle.load(sys.stdin.buffer))
    # What it compares the workers' Python with.
    running.current_platform["python_v"] = _AnyVersion(running.current_platform["python_v"])
    running.start()


integration = Integration(__name__, "parsl", "parsl", ("2024.1", "2027"), _change, "parsl")
install = integration.install
uninstall = integration.uninstall

if __name__ == "__main__":
    _main()
