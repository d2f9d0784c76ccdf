"""Bad input: one clear exception, never a crash, never a half-built object."""

import pickle
import textwrap

import codepickle
import pytest
from codepickle import _runtime
from helpers import run_python

SAMPLE = """\
import functools


def make(start):
    total = start

    def up(by=1, *, note=("é", [1])):
        nonlocal total
        total += by
        return total

    def get():
        return total

    return up, get


class Base:
    kind = "base"

    def __init__(self, x):
        self.__x = x

    def get(self):
        return self.__x


class Derived(Base):
    def get(self):
        return super().get(), self.kind


@functools.lru_cache(maxsize=4)
def cached(x):
    return [x, lambda y: (x, y)]


def gen(n):
    yield from range(n)
"""

# Runs in a process of its own, since what it is after is a crash.
CORRUPT = """\
import faulthandler, io, os, pickle, random, resource, signal, sys, threading, warnings
faulthandler.enable()
warnings.simplefilter("ignore")
# A corrupted length or memo index may ask for any amount of memory: it has to get a MemoryError.
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
payload = bytes.fromhex(sys.stdin.readline())
sys.stdin = io.StringIO()
kind = sys.argv[1]


class Slow(Exception):
    pass


def alarm(*_):
    raise Slow


signal.signal(signal.SIGALRM, alarm)

# Everything that a corrupted payload could name by chance, but this test's own doing: no files, no processes.
class Careful(pickle.Unpickler):
    def find_class(self, module, name):
        if module.split(".")[0] in ("os", "posix", "subprocess", "shutil", "sys", "ctypes"):
            raise pickle.UnpicklingError("not here")
        return super().find_class(module, name)


def attempt(data):
    signal.setitimer(signal.ITIMER_REAL, 60)
    try:
        Careful(io.BytesIO(data)).load()
    except Slow:
        raise SystemExit("a load took a minute: %r" % data)
    except Exception:
        return False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return True


assert attempt(payload)
loaded = 0
if kind == "truncate":
    for end in range(len(payload)):
        if attempt(payload[:end]):
            raise SystemExit("a payload of %d bytes loads from %d" % (len(payload), end))
    print("truncated", len(payload))
else:
    rng = random.Random(2024)
    for _ in range(2000):
        data = bytearray(payload)
        at = rng.randrange(len(data))
        data[at] ^= rng.randrange(1, 256)
        loaded += attempt(bytes(data))
    print("corrupted", loaded)
"""


def payloads(module):
    up, get = module.make(5)
    return {
        "closures": (up, get),
        "classes": (module.Derived(1), module.Base),
        "wrappers": (module.cached, module.gen),
        "containers": {"a": [1, 2.5, "text", b"bytes", None, True], "b": (1 << 80, {1, 2})},
    }


@pytest.mark.parametrize("what", ["closures", "classes", "wrappers", "containers"])
@pytest.mark.parametrize("by_source", [True, False])
def test_truncated(make_module, what, by_source):
    pytest.importorskip("resource")
    data = codepickle.dumps(payloads(make_module("bad_input", SAMPLE))[what], by_source=by_source)
    _, out, _ = run_python("-c", CORRUPT, "truncate", stdin=data.hex().encode(), timeout=300)
    assert "truncated" in out


@pytest.mark.parametrize("what", ["closures", "classes", "wrappers", "containers"])
def test_corrupted(make_module, what):
    pytest.importorskip("resource")
    data = codepickle.dumps(payloads(make_module("bad_input", SAMPLE))[what], by_source=True)
    _, out, _ = run_python("-c", CORRUPT, "corrupt", stdin=data.hex().encode(), timeout=300)
    assert "corrupted" in out


def test_corrupted_bytecode(make_module):
    # marshal data is not checked by Python: its digest has to be.
    pytest.importorskip("resource")
    data = codepickle.dumps(payloads(make_module("bad_input", SAMPLE))["closures"], by_source=False)
    _, out, _ = run_python("-c", CORRUPT, "corrupt", stdin=data.hex().encode(), timeout=300)
    assert "corrupted" in out


def test_unknown_name_of_a_newer_wire_format(make_module):
    module = make_module("newer_wire", "def f():\n    return 1\n")
    data = codepickle.dumps(module.f, protocol=0)
    newer = data.replace(b"codepickle._runtime\nf\n", b"codepickle._runtime\nq9\n")
    assert newer != data
    with pytest.raises(codepickle.WireFormatError) as error:
        pickle.loads(newer)
    assert "codepickle" in str(error.value).lower()
    assert "newer" in str(error.value) or "later" in str(error.value) or "upgrade" in str(error.value).lower()


def test_runtime_hides_nothing_else():
    # `hasattr` has to keep working on the module for every name that tools ask for.
    for name in ("__wrapped__", "__file__", "__path__", "_pytestfixturefunction"):
        getattr(_runtime, name, None)
    assert not hasattr(_runtime, "__path__")


def test_missing_module_on_the_receiver(make_module):
    make_module("sender_only", "value = 5\n\n\ndef f():\n    return 1\n")
    import sender_only

    codepickle.unregister_pickle_by_value(sender_only)
    module = make_module("uses_sender_only", "import sender_only\n\n\ndef f():\n    return sender_only.value\n")
    data = codepickle.dumps(module.f)
    code = "import pickle, sys; pickle.loads(bytes.fromhex(sys.argv[1]))()"
    status, _, err = run_python("-c", code, data.hex(), check=False)
    assert status == 1
    last = err.strip().splitlines()[-1]
    assert "sender_only" in last
    assert "ModuleNotFoundError" in err or "MissingModuleError" in err


def test_function_missing_on_the_receiver(make_module):
    module = make_module("sender_function", "def f():\n    return 1\n")
    codepickle.unregister_pickle_by_value(module)
    data = codepickle.dumps(module.f)
    status, _, err = run_python(
        "-c", "import pickle, sys; pickle.loads(bytes.fromhex(sys.argv[1]))", data.hex(), check=False
    )
    assert status == 1
    assert "sender_function" in err.strip().splitlines()[-1]


def test_syntax_that_this_python_does_not_know(make_module):
    module = make_module("old_syntax", "def f(x):\n    return x @ x\n")
    data = codepickle.dumps(module.f, by_source=True)
    newer = data.replace(b"return x @ x", b"return x $ x")
    assert newer != data
    with pytest.raises(Exception, match=r"old_syntax\.py") as error:
        pickle.loads(newer)
    assert "Python" in str(error.value)
    assert isinstance(error.value, (SyntaxError, pickle.UnpicklingError, codepickle.WireFormatError, ImportError)) or (
        type(error.value).__module__.startswith("codepickle")
    )


def test_text_without_the_function(make_module):
    module = make_module("wrong_text", "def first(x):\n    return x\n")
    data = codepickle.dumps(module.first, by_source=True)
    wrong = data.replace(b"def first(x):\n    return x", b"other = [1]\nmore =     [2]")
    assert wrong != data
    with pytest.raises(Exception, match=r"wrong_text\.py|damaged"):
        pickle.loads(wrong)


def test_a_failed_load_leaves_nothing_behind(make_module):
    module = make_module(
        "half_built", "class C:\n    def m(self):\n        return 1\n\n\ndef f():\n    return C().m()\n"
    )
    data = codepickle.dumps((module.C, module.f), by_source=True)
    code = """\
    import pickle, sys
    data = bytes.fromhex(sys.argv[1])
    for end in range(0, len(data), 3):
        try:
            pickle.loads(data[:end])
        except Exception:
            pass
    cls, f = pickle.loads(data)
    print(f(), cls().m(), f.__globals__["C"] is cls)
    """
    _, out, _ = run_python("-c", textwrap.dedent(code), data.hex())
    assert out.strip() == "1 1 True"
