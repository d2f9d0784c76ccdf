"""Does a process grow that dumps, or loads, one function after another? Prints its memory on the way.

    python benches/bounded.py dumps|loads [NUMBER]

All functions are different, and none is kept. What grows is then what Codepickle remembers: as far as its bounds
(CODEPICKLE_CACHE_BYTES), and no further.
"""

import gc
import importlib
import linecache
import os
import pickle
import sys
import tempfile
from pathlib import Path

import codepickle

TEXT = "def function_%d(x, y=%d):\n    total = x + %d\n    return [total, y, len(str(total))]\n\n\n"
PER_FILE = 500


def resident():
    """MiB of memory that this process has now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def dumped(number):
    """Dump so many functions, of modules that are forgotten when it is done with them."""
    with tempfile.TemporaryDirectory() as folder:
        sys.path.insert(0, folder)
        sys.dont_write_bytecode = True
        for first in range(0, number, PER_FILE):
            name = "bounded_%d" % first
            file = Path(folder, name + ".py")
            numbers = range(first, min(first + PER_FILE, number))
            file.write_text("".join(TEXT % (n, n, n) for n in numbers))
            importlib.invalidate_caches()
            module = importlib.import_module(name)
            codepickle.register_pickle_by_value(module)
            for n in numbers:
                codepickle.dumps(getattr(module, "function_%d" % n), by_source=True)
                yield n + 1
            codepickle.unregister_pickle_by_value(module)
            del sys.modules[name]
            file.unlink()
            linecache.checkcache()
        sys.path.remove(folder)


def loaded(number):
    """Load so many payloads, each of another function."""
    space = {"__name__": "__main__"}
    text = "def function(x, y=1):\n    total = x + 12345678\n    return [total, y, len(str(total))]\n"
    exec(text, space)
    space["function"].__source__ = text
    payload = codepickle.dumps(space["function"], by_source=True)
    for n in range(number):
        pickle.loads(payload.replace(b"12345678", b"%d" % (10000000 + n)))
        yield n + 1


def main(what, number=1000000):
    number = int(number)
    marks = {max(1, number * part // 20) for part in range(21)} | {1}
    for done in {"dumps": dumped, "loads": loaded}[what](number):
        if done in marks:
            gc.collect()
            print("%s: %9d  %7.1f MiB" % (what, done, resident()), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
