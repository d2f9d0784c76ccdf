"""joblib and loky, by the hook that they have for it: `set_loky_pickler`.

Their own pools stay on the Python that starts them, whose `sys.path` the workers get. What crosses versions is joblib's
Dask backend, with `codepickle.integrations.dask`.

    from codepickle.integrations import joblib
    joblib.install()
"""

from __future__ import annotations

from typing import Any

from ._engine import Changes, Integration


def _change(changes: Changes, joblib: Any) -> None:
    from joblib.externals.loky.backend import reduction

    before = reduction.get_loky_pickler_name()
    changes.call(lambda: reduction.set_loky_pickler("codepickle"), lambda: reduction.set_loky_pickler(before))


integration = Integration(__name__, "joblib", "joblib", ("1.3", "1.6"), _change, "joblib")
install = integration.install
uninstall = integration.uninstall
