"""Code that is not what its file says: pytest's asserts, tracers, coverage, hooks of tests."""

import pickle
import sys
import textwrap

import pytest
from helpers import run_python, write

import codepickle


def asserts(x):
    assert x > 0, "must be positive"
    return x


def test_functions_of_a_test_module_travel():
    # pytest rewrites the asserts of this very file: the text is what the user wrote.
    loaded = pickle.loads(codepickle.dumps(asserts, pickle_by_reference=lambda obj: obj is not asserts))
    assert loaded(1) == 1
    with pytest.raises(AssertionError, match="must be positive"):
        loaded(-1)


def test_local_function_with_an_assert():
    limit = 3

    def local(x):
        assert x < limit
        return x

    loaded = pickle.loads(codepickle.dumps(local, by_source=True))
    assert loaded(1) == 1
    with pytest.raises(AssertionError):
        loaded(5)


def test_class_with_asserts():
    class Local:
        def check(self, x):
            assert x
            return self

    loaded = pickle.loads(codepickle.dumps(Local(), by_source=True))
    assert loaded.check(1) is loaded


def test_tracing(make_module):
    module = make_module("traced", "def f(x):\n    y = x + 1\n    return y\n")
    lines = []

    def tracer(frame, event, arg):
        lines.append(event)
        return tracer

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        module.f(1)
        data = codepickle.dumps(module.f, by_source=True)
    finally:
        sys.settrace(before)
    assert pickle.loads(data)(1) == 2
    assert lines


def test_optimised_python(tmp_path):
    # python -OO drops docstrings and asserts from the code: the text still compiles to what runs there.
    write(
        tmp_path / "optimised.py",
        '''\
        import codepickle, pickle

        def f(x):
            """Doc."""
            assert x, "no x"
            return __debug__, x

        class C:
            """Doc."""
            def m(self):
                """Doc."""
                return 1

        g, c = pickle.loads(codepickle.dumps((f, C), by_source=True))
        print(g(1), g.__doc__, c().m())
        ''',
    )
    for flag, expected in (("-O", "(False, 1) Doc. 1"), ("-OO", "(False, 1) None 1")):
        assert run_python(flag, str(tmp_path / "optimised.py"))[1].strip() == expected


def test_monkeypatched_linecache(make_module, monkeypatch):
    # Tools patch linecache.getlines; what they return is verified like anything else.
    import linecache

    module = make_module("patched_lines", "def f(x):\n    return x\n")
    monkeypatch.setattr(linecache, "getlines", lambda *args: ["def f(x):\n", "    return 'wrong'\n"])
    try:
        data = codepickle.dumps(module.f, by_source=True)
    except codepickle.PicklingError:
        return
    assert pickle.loads(data)(1) == 1


def test_functions_that_tools_generate(tmp_path):
    # attrs-like: methods made by exec under a made-up file name that linecache knows.
    write(
        tmp_path / "generated.py",
        textwrap.dedent(
            """\
            import codepickle, linecache, pickle

            text = "def __init__(self, x):\\n    self.x = x\\n"
            name = "<generated init C>"
            space = {}
            exec(compile(text, name, "exec"), space)
            linecache.cache[name] = (len(text), None, text.splitlines(True), name)

            class C:
                __init__ = space["__init__"]

                def get(self):
                    return self.x

            print(pickle.loads(codepickle.dumps(C, by_source=True))(5).get())
            """
        ),
    )
    assert run_python(str(tmp_path / "generated.py"))[1].strip() == "5"
