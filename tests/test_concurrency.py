"""Many threads at once, and forks while they work. Each test has a process of its own, whose caches are cold."""

import os
import pickle

import codepickle
import pytest
from helpers import run_python, write

THREADS = 8

#: What the children share: so many threads that begin together, switched between as often as can be.
TOGETHER = """
import sys, threading

sys.setswitchinterval(1e-6)

def together(work):
    barrier, results = threading.Barrier(%d), []

    def one():
        barrier.wait()
        results.append(work())

    threads = [threading.Thread(target=one) for _ in range(%d)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == %d  # a thread that failed has said so on standard error
    return results
""" % (THREADS, THREADS, THREADS)

#: A module of functions and classes, each of which has to be found, compiled and compared at first.
MODULE = """
import functools

def make(number):
    level = number

    def add(amount):
        nonlocal level
        level += amount
        return level

    class Base:
        def get(self):
            return number

    class Derived(Base):
        read = functools.lru_cache()(lambda self: level)

        def get(self):
            return super().get() + 1

    return add, Derived
"""


def functions(count):
    return "\n".join("def f%d(x, y=%d):\n    return [x + y, (lambda: %d)()]\n" % (n, n, n) for n in range(count))


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "made.py", MODULE + functions(60))
    write(tmp_path / "together.py", TOGETHER)
    return tmp_path


def run(folder, code, **options):
    return run_python("-c", code, env={"PYTHONPATH": os.pathsep.join([str(folder), path_of_package()])}, **options)[1]


def path_of_package():
    return os.path.dirname(os.path.dirname(os.path.abspath(codepickle.__file__)))


def test_dumps(folder):
    """What threads dump at once, for the first time, are the bytes that one thread dumps."""
    dump = """
import codepickle, made, pickle
codepickle.register_pickle_by_value(made)
names = ["f%d" % n for n in range(60)] + ["make"]
def dump_all():
    return [codepickle.dumps(getattr(made, name), by_source=True) for name in names]
"""
    alone = run(folder, dump + "print(dump_all())")
    at_once = run(folder, dump + "from together import together\nfor each in together(dump_all): print(each)")
    assert set(at_once.splitlines()) == {alone.strip()}


def test_loads_make_one_class(folder):
    """A class that threads load at once is one class, whole for all of them."""
    code = """
import pickle, sys
from together import together
for payload in pickle.load(sys.stdin.buffer):
    pairs = together(lambda: pickle.loads(payload))
    add, cls = pairs[0]
    assert {derived for _, derived in pairs} == {cls}
    assert cls().read() == cls().get() - 1
    for add, _ in pairs:
        assert [add(1), add(1)] == [cls().get(), cls().get() + 1]
print("fine")
"""
    namespace = {}
    write(folder / "made_here.py", MODULE)
    exec(compile(MODULE, str(folder / "made_here.py"), "exec"), namespace)
    payloads = [codepickle.dumps(namespace["make"](number), by_source=True) for number in range(30)]
    assert run(folder, code, stdin=pickle.dumps(payloads)) == "fine\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_fork(folder):
    """Children that are forked while threads dump and load find no lock held for ever."""
    code = """
import os, pickle, signal, threading, warnings
import codepickle, made
from together import sys
warnings.simplefilter("ignore", DeprecationWarning)  # 3.12: a process with threads forks
codepickle.register_pickle_by_value(made)
stop = threading.Event()

def work():
    number = 0
    while not stop.is_set():
        number += 1
        pickle.loads(codepickle.dumps([made.make(number), getattr(made, "f%d" % (number % 60))]))

# The first dump imports modules, and CPython does not free the lock of a module that another thread was importing.
pickle.loads(codepickle.dumps(made.make(0)))
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
try:
    for number in range(40):
        child = os.fork()
        if not child:
            signal.alarm(30)  # one that waits for a lock ends by a signal
            add, cls = pickle.loads(codepickle.dumps(made.make(number)))
            os._exit(0 if (add(2), cls().get()) == (number + 2, number + 1) else 1)
        assert os.waitpid(child, 0)[1] == 0
finally:
    stop.set()
    for thread in threads:
        thread.join()
print("fine")
"""
    assert run(folder, code) == "fine\n"
