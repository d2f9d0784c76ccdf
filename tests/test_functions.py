"""`f`, which makes functions: as written in Python, and the native one that takes over what it can."""

import gc
import importlib
import importlib.util
import pickle
import sys
import types

import codepickle
import pytest
from codepickle import _runtime

#: Where functions know no qualified name by their code, all are made in Python.
NATIVE = sys.version_info >= (3, 11)


def in_python():
    """The runtime as it is where there is no native module."""
    spec = importlib.util.spec_from_file_location("codepickle._runtime", _runtime.__file__)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=["native", "python"])
def runtime(request):
    if request.param == "python":
        return in_python()
    if not NATIVE:
        pytest.skip("functions are made in Python here")
    return _runtime


SIMPLE = ("def simple(x, y=1, *, z=2):\n    return x, y, z\n", 3, "m.py")
INNER = ("    def inner(x):\n        return x, a\n", 2, "m.py", "def outer(a):\n")
BOTH = ("    def both():\n        return b, a\n", 2, "m.py", "def outer(b, a):\n")
UNIT = ("class C:\n    def method(self):\n        return 1\n", 5, "m.py")


def test_which_one_it_is():
    assert isinstance(_runtime.f, types.FunctionType) is not NATIVE
    assert isinstance(in_python().f, types.FunctionType)
    assert _runtime.f.__name__ == "f"


def test_plain(runtime):
    space = {"__name__": "here"}
    for _ in range(2):  # compiled, then known
        function = runtime.f(SIMPLE, space, None, (5,), {"z": 6})
        assert type(function) is types.FunctionType and function.__globals__ is space
        assert function(4) == (4, 5, 6) and function.__module__ == "here"
        assert function.__name__ == function.__qualname__ == "simple"
    assert space["__builtins__"] is __import__("builtins")
    assert runtime.f(SIMPLE, {}).__defaults__ is None
    assert runtime.f(SIMPLE, globals={}, defaults=(3,)).__defaults__ == (3,)
    assert runtime.f(SIMPLE) is runtime.f(SIMPLE, {}).__code__


def test_each_call_makes_another_function(runtime):
    first, second = runtime.f(SIMPLE, {}), runtime.f(SIMPLE, {})
    assert first is not second and first.__code__ is second.__code__
    assert runtime.f(first.__code__, {}).__code__ is first.__code__


def test_own_builtins_stay(runtime):
    own = {"len": len}
    runtime.f(SIMPLE, {})
    assert runtime.f(SIMPLE, {"__builtins__": own}).__globals__["__builtins__"] is own


def test_cells(runtime):
    a, b = runtime.k(1), runtime.k(2)
    for _ in range(2):
        inner = runtime.f(INNER, {}, (a,))
        assert inner(0) == (0, 1) and inner.__closure__ == (a,) and inner.__qualname__ == "outer.<locals>.inner"
        assert runtime.f(BOTH, {}, (a, b))() == (2, 1)  # by the names in their order
        assert runtime.f(BOTH, {}, {"a": a, "b": b})() == (2, 1)
        with pytest.raises(NameError):
            runtime.f(INNER, {})(0)  # an empty cell


def test_methods(runtime):
    unit = runtime.f(UNIT)
    for _ in range(2):
        method = runtime.f((unit, "method", 6), {})
        assert method(None) == 1 and method.__qualname__ == "C.method"
        assert method.__code__ is runtime.d(unit, "method", 6)
    with pytest.raises(runtime.LoadError, match="no method 'method' at line 7"):
        runtime.f((unit, "method", 7), {})


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((SIMPLE, []), "needs a code object and a namespace"),
        (((), {}), "needs a code object and a namespace"),
        ((1, {}), "needs a code object and a namespace"),
        ((INNER, {}, ()), None),
        ((BOTH, {}, (1,)), "'both' has 2 free variables, 1 cells came"),
        ((SIMPLE, {}, None, 5), None),
        ((SIMPLE, {}, None, None, 5), None),
        ((("a", []), {}), None),
        (((None, "method", 6), {}), None),
        ((), None),
    ],
)
def test_damaged(runtime, arguments, message):
    for code in (SIMPLE, INNER, BOTH):
        runtime.f(code)
    wanted = in_python()
    try:
        wanted.f(*arguments)
    except Exception as error:
        expected = type(error).__name__, str(error)
    else:
        expected = None
    if expected is None:
        assert isinstance(runtime.f(*arguments), types.FunctionType)
        return
    with pytest.raises(Exception) as caught:
        runtime.f(*arguments)
    assert (type(caught.value).__name__, str(caught.value)) == expected
    assert message is None or message in expected[1]


def test_nothing_is_held(runtime):
    runtime.f(SIMPLE, {})
    gc.collect()
    space = {}
    before = sys.getrefcount(space)
    for _ in range(10):
        runtime.f(SIMPLE, space)
    gc.collect()
    assert sys.getrefcount(space) == before


def test_what_is_loaded_is_made_by_it():
    payload = codepickle.dumps(lambda x: x + 1)
    assert pickle.loads(payload)(1) == codepickle.loads(payload)(1) == 2


def test_small_functions_cost_ninety_bytes(tmp_path, monkeypatch):
    """More than the text of their source, at most."""
    text = "def simple(x, y):\n    return x + y"
    (tmp_path / "objects_of_size.py").write_text(text + "\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    module = importlib.import_module("objects_of_size")
    codepickle.register_pickle_by_value(module)
    try:
        payload = codepickle.dumps(module.simple, by_source=True)
    finally:
        codepickle.unregister_pickle_by_value(module)
    assert text.encode() in payload and len(payload) <= len(text) + 90
