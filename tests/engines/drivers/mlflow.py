"""Models of MLflow, logged here into a store of files, loaded by other Pythons."""

import base64
import contextlib
import os
import pickle

from reader import Readers

#: Models give data.
RELAYS = False


@contextlib.contextmanager
def start(workers, mode, folder):
    os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true", MLFLOW_ALLOW_FILE_STORE="true")
    import mlflow

    if mode == "codepickle":
        from codepickle.integrations import mlflow as ours

        ours.install()
    # In a folder that is there already MLflow makes no store.
    store = "file://" + os.path.join(folder, "store")
    mlflow.set_tracking_uri(store)
    # Where a model is loaded nobody need know Codepickle.
    environment = {**os.environ, "PYTHONPATH": "", "MLFLOW_TRACKING_URI": store}
    with contextlib.closing(Readers("mlflow", environment)) as readers:

        def submit(version, function):
            class Model(mlflow.pyfunc.PythonModel):
                def predict(self, context, model_input, params=None):
                    return function()

            with mlflow.start_run():
                # What it needs, which MLflow would find out by running it once more.
                info = mlflow.pyfunc.log_model(name="model", python_model=Model(), pip_requirements=["mlflow"])
            return pickle.loads(base64.b64decode(readers.ask(workers[version], info.model_uri)))

        yield submit
