"""Does one kind of work so many times: `counted.py NAME TIMES FOLDER`, for tools/instructions.py to count instructions.

It imports little, as valgrind makes everything fifty times slower.
"""

import os
import pickle
import sys
from importlib import import_module

import codepickle

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


def functions(times, folder):
    """So many functions of a module that travels by value; another one was dumped already."""
    with open(os.path.join(folder, "counted_functions.py"), "w") as file:
        file.write("import math\n\n\n" + "".join(FUNCTION % number for number in range(100)))
    sys.path.insert(0, folder)
    module = import_module("counted_functions")
    codepickle.register_pickle_by_value(module)
    codepickle.dumps(module.function_99)
    return [getattr(module, "function_%d" % number) for number in range(times)]


def main(name, times, folder):
    if name == "instances":
        value = [Instance(number) for number in range(50)]
        for _ in range(times):
            codepickle.dumps(value)
        return
    made = functions(times if name.startswith("cold") else 1, folder)
    if name == "cold dumps":
        for function in made:
            codepickle.dumps(function)
    elif name == "warm dumps":
        for _ in range(times):
            codepickle.dumps(made[0])
    else:
        payloads = [codepickle.dumps(function) for function in made]
        for number in range(times):
            pickle.loads(payloads[number % len(payloads)])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
