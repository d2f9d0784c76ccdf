"""Codepickle under cloudpickle's name, so that cloudpickle's own tests run unmodified.

`CODEPICKLE_UPSTREAM_BY_SOURCE` (none, true, false) becomes the default of `by_source`.
"""

import functools
import os

import codepickle
from codepickle import *  # noqa: F403

BY_SOURCE = {"none": None, "true": True, "false": False}[os.environ.get("CODEPICKLE_UPSTREAM_BY_SOURCE", "none")]


if BY_SOURCE is not None:
    dumps = functools.partial(codepickle.dumps, by_source=BY_SOURCE)
    dump = functools.partial(codepickle.dump, by_source=BY_SOURCE)

    class Pickler(codepickle.Pickler):
        """The pickler in the mode under test."""

        def __init__(self, *args, **kwargs):
            kwargs.setdefault("by_source", BY_SOURCE)
            super().__init__(*args, **kwargs)

    CloudPickler = Pickler
