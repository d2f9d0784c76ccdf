"""MLflow, whose Python models are kept with cloudpickle: one that was logged by one Python is loaded by every other.

Needed where models are saved, nothing where they are loaded, as the loader is in the model:

    from codepickle.integrations import mlflow as on_mlflow
    on_mlflow.install()
    mlflow.pyfunc.log_model(name="model", python_model=model)
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import codepickle

from ._engine import Changes, Integration


def _change(changes: Changes, _: Any) -> None:
    from mlflow.pyfunc import model

    library = SimpleNamespace(
        dump=_dump,
        load=codepickle.load,
        # Written down in the model, and compared with the one that is installed where it is loaded.
        __version__=model.cloudpickle.__version__,
    )
    changes.attribute(model, "cloudpickle", library)


def _dump(obj: object, file: Any) -> None:
    codepickle.dump(obj, file, self_contained=True)


integration = Integration(__name__, "mlflow", "mlflow", ("2.9", "4"), _change, "mlflow")
install = integration.install
uninstall = integration.uninstall
