"""Memory: large buffers are not copied more often than they have to be, and caches are bounded."""

import os
import subprocess
import sys
import tracemalloc

import codepickle
import pytest

SIZE = 32 * 1024 * 1024

needs_buffers = pytest.mark.skipif(sys.version_info < (3, 8), reason="out-of-band buffers are of 3.8")


def peak_of(dump):
    tracemalloc.start()
    try:
        payload = dump()
        return tracemalloc.get_traced_memory()[1], payload
    finally:
        tracemalloc.stop()


def buffers():
    import pickle

    class Holder:
        """As numpy's arrays do it."""

        def __init__(self, content):
            self.content = content

        def __reduce_ex__(self, protocol):
            return memoryview, (pickle.PickleBuffer(self.content),)

    return [Holder(bytes(SIZE)), Holder(bytearray(SIZE))]


@needs_buffers
@pytest.mark.parametrize("index", [0, 1], ids=["bytes", "bytearray"])
def test_a_buffer_in_band_is_copied_once(index):
    obj = buffers()[index]
    peak, payload = peak_of(lambda: codepickle.dumps(obj, protocol=5))
    assert SIZE < len(payload) <= peak < 1.05 * SIZE


@needs_buffers
@pytest.mark.parametrize("index", [0, 1], ids=["bytes", "bytearray"])
def test_a_buffer_out_of_band_is_not_copied(index):
    obj, taken = buffers()[index], []
    peak, payload = peak_of(lambda: codepickle.dumps(obj, protocol=5, buffer_callback=taken.append))
    assert len(taken) == 1 and len(payload) < 200
    assert peak < SIZE // 100


def test_an_array_in_band_is_copied_once():
    numpy = pytest.importorskip("numpy")
    array = numpy.zeros(SIZE, dtype="u1")
    peak, payload = peak_of(lambda: codepickle.dumps(array, protocol=5 if sys.version_info >= (3, 8) else 4))
    assert sys.version_info < (3, 8) or peak < 1.05 * len(payload)


def test_large_bytes_are_copied_once():
    obj = bytes(SIZE)
    peak, payload = peak_of(lambda: codepickle.dumps(obj))
    assert len(payload) <= peak < 1.05 * SIZE


MANY = """
import os, sys
import codepickle
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
def work(numbers):
    for number in numbers:
        text = "def f(x): return x + %d" % number
        namespace = {"__name__": "__main__"}
        exec(compile(text, "<made %d>" % number, "exec"), namespace)
        namespace["f"].__source__ = text
        codepickle.loads(codepickle.dumps(namespace["f"]))
work(range(3000))
before = resident()
work(range(3000, 12000))
print((resident() - before) // 1024)
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="needs Linux's /proc")
def test_a_process_that_dumps_ever_new_functions_does_not_grow():
    environment = dict(os.environ, CODEPICKLE_CACHE_BYTES="200000", PYTHONPATH=os.pathsep.join(filter(None, sys.path)))
    output = subprocess.check_output([sys.executable, "-c", MANY], env=environment, universal_newlines=True)
    assert int(output) < 4096  # kilobytes, for 9,000 functions: they would take 50,000
