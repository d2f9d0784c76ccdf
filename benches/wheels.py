"""The seconds of warm dumps, warm loads and of plain data with the Codepickle that is installed, as JSON.

benches/run.py calls it with two Pythons in turns, which have one wheel each.
"""

import json
import sys
from pathlib import Path

import codepickle
import objects
import plain
import run


def main():
    own = vars(sys.modules["__main__"])
    script = Path(objects.__file__)
    exec(compile(script.read_text(), str(script), "exec"), own)
    payloads = {name: codepickle.dumps(obj) for name, obj in own["OBJECTS"].items()}
    dumps = {name: lambda obj=obj: codepickle.dumps(obj) for name, obj in own["OBJECTS"].items()}
    loads = {name: lambda data=data: codepickle.loads(data) for name, data in payloads.items()}
    data = {name: lambda value=value: codepickle.dumps(value) for name, value in plain.plain_data().items()}
    found = {}
    for what, calls in {"dumps, again": dumps, "loads, again": loads, "plain data": data}.items():
        # The least of three: what is compared is two processes.
        seconds = [{name: figure["low"] for name, figure in run.measured(calls, 1).items()} for _ in range(3)]
        found[what] = run.mean([min(each[name] for each in seconds) for name in calls])
    print(json.dumps(found))


if __name__ == "__main__":
    main()
