"""executorlib, with workers of any Python that it supports.

Needed where functions are submitted; in the workers Codepickle has to be importable:

    from codepickle.integrations import executorlib as on_executorlib
    on_executorlib.install()
    with on_executorlib.worker_python("/usr/bin/python3.12"), SingleNodeExecutor() as executor:
        executor.submit(function).result()

A worker that is sent something by Codepickle also answers with it.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Iterator

import codepickle

from ._engine import Changes, Integration, Sent


def _change(changes: Changes, _: Any) -> None:
    from executorlib.standalone import serialize
    from executorlib.standalone.interactive import communication

    modules = [serialize, communication]
    try:
        from executorlib.standalone import hdf
    except ImportError:
        pass  # there is no h5py: nothing is kept in files
    else:
        modules.append(hdf)
    names = ("loads", "register_pickle_by_value", "unregister_pickle_by_value", "list_registry_pickle_by_value")
    library = {name: getattr(codepickle, name) for name in names}
    for module in modules:
        # What one of them dumps is only counted: it is the key of a result that is kept.
        dumps = codepickle.dumps if module is serialize else _dumps
        changes.attribute(module, "cloudpickle", SimpleNamespace(dumps=dumps, **library))


def _dumps(obj: object) -> bytes:
    return codepickle.dumps(Sent(integration, obj))


def _in_worker() -> bool:
    """Whether the program that runs here is one of those in executorlib/backend."""
    program = os.path.abspath(getattr(sys.modules.get("__main__"), "__file__", None) or "")
    return os.path.dirname(program).endswith(os.path.join("executorlib", "backend"))


@contextmanager
def worker_python(executable: str) -> Iterator[None]:
    """Have `executable` run the workers that are started inside ``with``.

    A worker is started by the first call that is submitted: open, use and close an executor inside ``with``.

    Args:
        executable: A Python that has executorlib, in the same version, and Codepickle.
    """
    from executorlib.standalone import command

    changes = Changes()
    # It asks for nothing else there.
    changes.attribute(command, "sys", SimpleNamespace(executable=executable))
    try:
        yield
    finally:
        changes.undo()


integration = Integration(__name__, "executorlib", "executorlib", ("1.9", "2"), _change, "executorlib", _in_worker)
install = integration.install
uninstall = integration.uninstall
