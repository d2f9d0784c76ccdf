"""What another Python does with what an engine has kept or sent: loads it, calls it, gives back the result.

    python reader.py ENGINE

For engines that have no workers on this machine: Globus Compute's run at its service, MLflow and Prefect keep files. Each
line of standard input is a JSON value, and so is the answer; `ask` is the other end.
"""

import base64
import contextlib
import json
import pickle
import subprocess
import sys


def globus(request):
    from globus_compute_sdk.serialize import ComputeSerializer

    serializer = ComputeSerializer()
    function, args, keywords = serializer.unpack_and_deserialize(request)
    return serializer.serialize(function(*args, **keywords))


def prefect(request):
    from prefect.serializers import PickleSerializer

    # As a kept result says of itself how it is to be read.
    serializer = PickleSerializer(**request["serializer"])
    function, args = serializer.loads(request["blob"].encode())
    return serializer.dumps(function(*args)).decode()


def mlflow(request):
    from mlflow.pyfunc import load_model

    result = load_model(request).predict([])
    return base64.b64encode(pickle.dumps(result, 4)).decode()


def main():
    # What is printed meanwhile is no answer.
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        for line in sys.stdin:
            try:
                answer = {"result": globals()[sys.argv[1]](json.loads(line))}
            except Exception as error:
                answer = {"error": "%s: %s" % (type(error).__name__, error)}
            print(json.dumps(answer), file=answers, flush=True)


class Readers:
    """The readers of some Pythons; started when they are first asked, and again when they died."""

    def __init__(self, engine, environment):
        self._command = [__file__, engine]
        self._environment = environment
        self._running = {}

    def ask(self, python, request):
        process = self._running.get(python)
        if process is None or process.poll() is not None:
            process = self._running[python] = subprocess.Popen(
                [str(python), *self._command],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                universal_newlines=True,
            )
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("the process ended with %d" % process.wait())
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["result"]

    def close(self):
        for process in self._running.values():
            process.stdin.close()
            process.stdout.close()
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
