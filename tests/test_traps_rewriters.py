"""Code that is not what its file says: pytest's asserts, tracers, coverage, hooks of tests."""

import pickle
import sys
import textwrap

import codepickle
from helpers import run_python, write

# pytest rewrites the asserts of this module; its functions travel as what the user wrote.
WITH_ASSERTS = """\
import codepickle, pickle, pytest


def asserts(x):
    assert x > 0, "must be positive"
    return x


def check(function, good, bad):
    loaded = pickle.loads(function)
    assert loaded(good) == good
    with pytest.raises(AssertionError):
        loaded(bad)


def test_module_level():
    reference = lambda obj: obj is not asserts
    check(codepickle.dumps(asserts, by_source=True, pickle_by_reference=reference), 1, -1)


def test_local():
    limit = 3

    def local(x):
        assert x < limit
        return x

    check(codepickle.dumps(local, by_source=True), 1, 5)
    check(codepickle.dumps(lambda x: local(x), by_source=True), 1, 5)


def test_class():
    class Local:
        def __call__(self, x):
            assert x
            return x

    check(codepickle.dumps(Local(), by_source=True), 1, 0)
"""


def run_pytest(tmp_path, **options):
    # What proves that the file is unchanged is the .pyc that pytest writes beside it.
    return run_python("-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path), cwd=str(tmp_path), **options)


def test_functions_of_a_test_module_travel(tmp_path):
    write(tmp_path / "test_with_asserts.py", WITH_ASSERTS)
    run_pytest(tmp_path)
    run_pytest(tmp_path)  # The second time the code comes from the .pyc.


def test_test_module_edited_while_it_runs(tmp_path):
    edit = """\
import codepickle, pytest


def asserts(x):
    assert x > 0
    return x


def test_edited():
    with open(__file__) as file:
        text = file.read()
    with open(__file__, "w") as file:
        file.write(text.replace("x > 0", "x > 1000"))
    with pytest.raises(codepickle.PicklingError):
        codepickle.dumps(asserts, by_source=True, pickle_by_reference=lambda obj: obj is not asserts)
"""
    write(tmp_path / "test_edited.py", edit)
    run_pytest(tmp_path)


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
