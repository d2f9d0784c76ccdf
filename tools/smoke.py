"""Does the installed Codepickle work here? Run by each Python of its own environment; standard library only.

    python smoke.py FOLDER LABEL

Prints the tag of the wheel that is installed. With a native module it dumps a function into FOLDER; without one it
checks that `dumps` says so. Either way it loads what the others have left there.
"""

import glob
import os
import pickle
import sys

import codepickle

FACTOR = 3


def scale(values):
    """A function that uses a global and a nested scope."""
    return [FACTOR * value for value in values]


def installed_tag():
    folder = os.path.dirname(os.path.dirname(os.path.abspath(codepickle.__file__)))
    (path,) = glob.glob(os.path.join(folder, "codepickle-*.dist-info", "WHEEL"))
    with open(path) as file:
        return next(line.split(":")[1].strip() for line in file if line.startswith("Tag:"))


def installed_version():
    folder = os.path.dirname(os.path.dirname(os.path.abspath(codepickle.__file__)))
    (path,) = glob.glob(os.path.join(folder, "codepickle-*.dist-info", "METADATA"))
    with open(path, encoding="utf-8") as file:
        return next(line.split()[1] for line in file if line.startswith("Version:"))


def main():
    folder, label = sys.argv[1:]
    tag = installed_tag()
    print(tag, flush=True)
    assert codepickle.__version__ == installed_version()
    if tag == "py3-none-any":
        try:
            codepickle.dumps(scale)
        except NotImplementedError:
            pass
        else:
            sys.exit("dumps() works without a native module?")
    else:
        with open(os.path.join(folder, label + ".pickle"), "wb") as file:
            file.write(codepickle.dumps(scale, by_source=True))
    payloads = glob.glob(os.path.join(folder, "*.pickle"))
    for path in payloads:
        with open(path, "rb") as file:
            function = pickle.loads(file.read())
        assert function([1, 2]) == [3, 6], path
    print("%d payloads load" % len(payloads))


main()
