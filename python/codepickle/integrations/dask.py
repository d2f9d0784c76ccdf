"""Dask's distributed scheduler, with workers of any Python.

Needed in the client, in the scheduler, which loads tasks and pickles them again, and in the workers, which pickle
results:

    dask scheduler --preload codepickle.integrations.dask
    dask worker --preload codepickle.integrations.dask tcp://...

and in the client:

    from codepickle.integrations import dask
    dask.install()
"""

from __future__ import annotations

import io
from typing import Any, Callable, List, Optional

import codepickle

from ._engine import Changes, Integration


def _change(changes: Changes, distributed: Any) -> None:
    from distributed import worker
    from distributed.protocol import pickle

    class DaskPickler(codepickle.Pickler):
        """For objects that only Dask knows how to send."""

        reducer_override = pickle._DaskPickler.reducer_override

    def dumps(
        x: object, *, buffer_callback: Optional[Callable[[Any], object]] = None, protocol: Optional[int] = None
    ) -> bytes:
        """As the function that this stands for, but all goes through Codepickle.

        The original tries `pickle` first, which writes names that other versions do not know.
        """
        buffers: List[Any] = []
        protocol = protocol or pickle.HIGHEST_PROTOCOL
        callback = buffers.append if buffer_callback is not None and protocol >= 5 else None
        try:
            result = codepickle.dumps(x, protocol, callback)
        except Exception as error:
            buffers.clear()
            file = io.BytesIO()
            try:
                DaskPickler(file, protocol, buffer_callback=callback).dump(x)
            except Exception:
                pickle.logger.exception("Failed to serialize %s.", type(x))
                raise error from None
            result = file.getvalue()
        if buffer_callback is not None:
            for buffer in buffers:
                buffer_callback(buffer)
        return result

    changes.attribute(pickle, "dumps", dumps)
    changes.attribute(pickle, "cloudpickle", codepickle)
    # Functions that were pickled by the other way must not be taken from there, nor ours after it ends.
    cache = getattr(worker, "cache_dumps", None)
    if cache is not None:
        changes.call(cache.clear, cache.clear)


integration = Integration(__name__, "dask", "distributed", ("2023.5", "2027"), _change, "dask")
install = integration.install
uninstall = integration.uninstall


def dask_setup(_: object) -> None:
    """What ``--preload`` calls in schedulers and workers."""
    install()


def dask_teardown(_: object) -> None:
    """What ``--preload`` calls at their end."""
    uninstall()
