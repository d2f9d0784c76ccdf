"""The three modes, the tagged bytecode, by-value and by-reference, self-contained payloads."""

import inspect
import io
import pickle
import sys
import warnings

import codepickle
import pytest
from codepickle import _runtime
from helpers import evaluate_elsewhere, run_python


def made_by_exec(name="made"):
    namespace = {}
    exec("def %s(x):\n    return x + 1\n" % name, namespace)
    return namespace[name]


def test_default_warns_once_per_function():
    made = made_by_exec()
    with pytest.warns(codepickle.PortabilityWarning, match="made") as caught:
        first = codepickle.dumps((made, made))
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert codepickle.dumps((made, made)) == first
    a, b = pickle.loads(first)
    assert a is b
    assert a(1) == 2


def test_source_mode_does_not_warn(make_module):
    module = make_module("modes_quiet", "def f(x):\n    return x\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert b"return x" in codepickle.dumps(module.f)
        assert b"return x" in codepickle.dumps(module.f, by_source=None)
        assert b"return x" in codepickle.dumps(module.f, by_source=True)


def test_bytecode_mode(make_module):
    module = make_module("modes_bytecode", "def f(x):\n    '''some doc'''\n    return [x, lambda: x]\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = codepickle.dumps(module.f, by_source=False)
    assert b"return [x" not in data
    assert pickle.loads(data)(1)[1]() == 1


def test_bytecode_of_another_version(make_module):
    module = make_module("modes_foreign", "def f(x):\n    return x\n")
    data = codepickle.dumps(module.f, by_source=False)
    here = "CPython %d.%d" % sys.version_info[:2]
    other = "CPython 3.6" if len(here) == len("CPython 3.6") else "CPython 3.99"
    # The magic number is what decides, the name is for the message.
    import importlib.util

    magic = int.from_bytes(importlib.util.MAGIC_NUMBER[:2], "little")
    foreign = data.replace(here.encode(), other.encode())
    foreign = foreign.replace(b"M" + magic.to_bytes(2, "little"), b"M" + (3379).to_bytes(2, "little"))
    assert foreign != data
    with pytest.raises(codepickle.BytecodeVersionError) as error:
        pickle.loads(foreign)
    assert other in str(error.value)
    assert here in str(error.value)


def test_error_in_source_mode_names_the_function_and_the_remedy():
    with pytest.raises(codepickle.PicklingError) as error:
        codepickle.dumps({"model": [made_by_exec("lonely")]}, by_source=True)
    assert "lonely" in str(error.value)
    assert "__source__" in str(error.value) or "record_sources" in str(error.value)


def test_by_value_and_by_reference(make_module):
    module = make_module("modes_reference", "def f(x):\n    return x\n\n\nclass C:\n    pass\n")
    assert b"return x" in codepickle.dumps(module.f)
    codepickle.unregister_pickle_by_value(module)
    data = codepickle.dumps((module.f, module.C))
    assert b"return x" not in data
    assert pickle.loads(data) == (module.f, module.C)


def test_registry(make_module):
    module = make_module("modes_registry", "x = 1\n")
    assert "modes_registry" in codepickle.list_registry_pickle_by_value()
    codepickle.unregister_pickle_by_value(module)
    assert "modes_registry" not in codepickle.list_registry_pickle_by_value()
    with pytest.raises(ValueError, match="modes_registry"):
        codepickle.unregister_pickle_by_value(module)
    with pytest.raises(ValueError, match="module"):
        codepickle.register_pickle_by_value("modes_registry")


def test_pickle_by_reference(make_module):
    module = make_module("modes_callable", "def f(x):\n    return g(x)\n\n\ndef g(x):\n    return [x]\n")
    asked = []

    def decide(obj):
        asked.append(obj)
        return obj is module.g

    data = codepickle.dumps(module.f, pickle_by_reference=decide)
    assert module.f in asked
    assert module.g in asked
    loaded = pickle.loads(data)
    assert loaded is not module.f
    assert loaded.__globals__["g"] is module.g


def test_standard_library_by_value():
    # Forced by value, a module of the standard library travels as source as well.
    import textwrap

    data = codepickle.dumps(
        textwrap.dedent, by_source=True, pickle_by_reference=lambda obj: getattr(obj, "__module__", "") != "textwrap"
    )
    assert b"def dedent" in data
    assert pickle.loads(data)("  a\n  b") == "a\nb"


def test_standard_library_is_not_swept_in(make_module):
    module = make_module(
        "modes_stdlib",
        "import json, textwrap\nfrom collections import namedtuple\n\n\n"
        "def f(x):\n    return json.dumps(textwrap.dedent(x)), namedtuple\n",
    )
    data = codepickle.dumps(module.f)
    assert b"JSONEncoder" not in data
    assert len(data) < 600
    assert pickle.loads(data)("a")[0] == '"a"'


def test_self_contained(make_module):
    module = make_module(
        "modes_contained",
        "import functools\n\n\n"
        "def deco(f):\n    @functools.wraps(f)\n    def w(*a):\n        return 'w', f(*a)\n    return w\n\n\n"
        "class A:\n    def m(self):\n        return 1\n\n\n"
        "class B(A):\n    def m(self):\n        return super().m() + 1\n\n\n"
        "@deco\ndef f(x):\n    return B().m() + x\n",
    )
    data = codepickle.dumps(module.f, self_contained=True)
    value = evaluate_elsewhere(data, "obj(1)", flags=["-I", "-S"])
    assert value == ("w", 3)
    assert evaluate_elsewhere(data, "obj(1)") == value
    assert pickle.loads(data)(1) == value


def test_self_contained_twice_in_one_process(make_module):
    module = make_module("modes_twice", "class C:\n    def m(self):\n        return 1\n\n\ndef f():\n    return C\n")
    one = codepickle.dumps(module.f, self_contained=True)
    two = codepickle.dumps(module.C, self_contained=True)
    code = (
        "import pickle, sys; a, b = (pickle.loads(bytes.fromhex(arg)) for arg in sys.argv[1:]);"
        "print(a() is b, a()().m())"
    )
    _, out, _ = run_python("-I", "-S", "-c", code, one.hex(), two.hex())
    assert out.strip() == "True 1"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("by_source", [None, True, False])
def test_protocols(make_module, protocol, by_source):
    module = make_module(
        "modes_protocols",
        "def make(n):\n    def up():\n        nonlocal n\n        n += 1\n        return n\n    return up\n",
    )
    data = codepickle.dumps((module.make(1), "é", b"\xff", 1 << 70), protocol=protocol, by_source=by_source)
    up, *rest = pickle.loads(data)
    assert (up(), up()) == (2, 3)
    assert rest == ["é", b"\xff", 1 << 70]


def test_interface():
    assert codepickle.DEFAULT_PROTOCOL == 4
    assert codepickle.Pickler is codepickle.CloudPickler
    assert issubclass(codepickle.PicklingError, pickle.PicklingError)
    assert issubclass(codepickle.PortabilityWarning, Warning)
    assert issubclass(codepickle.BytecodeVersionError, Exception)
    assert issubclass(codepickle.WireFormatError, Exception)
    assert codepickle.BytecodeVersionError is _runtime.BytecodeVersionError
    assert codepickle.loads(codepickle.dumps(abs)) is abs
    assert codepickle.load(io.BytesIO(codepickle.dumps(abs))) is abs


def test_positional_arguments_are_cloudpickle_s():
    file = io.BytesIO()
    codepickle.dump([1], file, 2)
    assert codepickle.loads(file.getvalue()) == [1]
    assert file.getvalue() == codepickle.dumps([1], 2)
    file = io.BytesIO()
    codepickle.Pickler(file, 2).dump([1])
    assert pickle.loads(file.getvalue()) == [1]


def test_unknown_options_are_refused():
    for call in (codepickle.dumps, lambda obj, **kw: codepickle.dump(obj, io.BytesIO(), **kw)):
        with pytest.raises(TypeError):
            call([1], no_such_option=True)
    with pytest.raises((TypeError, ValueError)):
        codepickle.dumps([1], by_source="maybe")
    with pytest.raises(ValueError):
        codepickle.dumps([1], protocol=99)


def test_out_of_band_buffers():
    buffers = []
    blob = bytearray(b"x" * 1000)
    data = codepickle.dumps([pickle.PickleBuffer(blob)], buffer_callback=buffers.append)
    assert len(data) < 200
    assert len(buffers) == 1
    assert pickle.loads(data, buffers=[blob])[0] is blob


def test_documented():
    for name in codepickle.__all__:
        value = getattr(codepickle, name)
        if callable(value):
            assert inspect.getdoc(value), name
