"""Does one kind of work so many times: `counted.py NAME TIMES FOLDER`, for tools/instructions.py to count instructions.

It imports little, as valgrind makes everything fifty times slower. What is first in a process is done once or not at
all.
"""

import os
import pickle
import sys
from importlib import import_module

FUNCTION = '''def function_%d(values, scale=1.5):
    """A docstring."""
    total = 0
    for value in sorted(values):
        total += len(str(value)) * scale
    return total, math.floor(total)


'''


class Instance:
    def __init__(self, number):
        self.number = number
        self.name = "instance"


def functions(folder):
    """The functions of a module that travels by value."""
    import codepickle

    path = os.path.join(folder, "counted_functions.py")
    if not os.path.exists(path):
        with open(path, "w") as file:
            file.write("import math\n\n\n" + "".join(FUNCTION % number for number in range(100)))
    sys.path.insert(0, folder)
    module = import_module("counted_functions")
    codepickle.register_pickle_by_value(module)
    return [getattr(module, "function_%d" % number) for number in range(100)]


def first(name, times, folder):
    """What a process does once."""
    payload = os.path.join(folder, "payload")
    if name == "import":
        if times:
            import_module("codepickle")
    elif name == "first dumps":
        import codepickle

        function = functions(folder)[0]
        if times:
            data = codepickle.dumps(function)
            with open(payload, "wb") as file:
                file.write(data)
    else:
        import_module("codepickle")
        with open(payload, "rb") as file:
            data = file.read()
        if times:
            pickle.loads(data)


def repeated(name, times, folder):
    """What a process does again and again."""
    import codepickle

    if name == "instances":
        value = [Instance(number) for number in range(50)]
        for _ in range(times):
            codepickle.dumps(value)
        return
    made = functions(folder)
    codepickle.dumps(made[-1])
    if name == "cold dumps":
        for function in made[:times]:
            codepickle.dumps(function)
    elif name == "warm dumps":
        for _ in range(times):
            codepickle.dumps(made[0])
    else:
        payloads = [codepickle.dumps(function) for function in made[: times if name == "cold loads" else 1]]
        for number in range(times):
            pickle.loads(payloads[number % len(payloads)])


def main(name, times, folder):
    work = first if name in ("import", "first dumps", "first loads") else repeated
    work(name, times, folder)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
