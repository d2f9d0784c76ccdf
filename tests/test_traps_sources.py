"""Where source text comes from, and that wrong text is never sent."""

import importlib
import linecache
import os
import pickle
import py_compile
import sys
import textwrap
import types
import zipfile

import codepickle
import pytest
from helpers import evaluate_elsewhere, run_python, write


def dumps(obj):
    return codepickle.dumps(obj, by_source=True)


# Files that change


def test_file_edited_after_import(make_module, tmp_path):
    module = make_module("edited_one", "def f(x):\n    return x + 1\n")
    write(tmp_path / "edited_one.py", "def f(x):\n    return x + 2\n")
    linecache.checkcache()
    with pytest.raises(codepickle.PicklingError, match=r"f.*edited_one\.py") as error:
        dumps(module.f)
    assert "edited" in str(error.value)


def test_file_edited_after_import_falls_back_to_what_runs(make_module, tmp_path):
    module = make_module("edited_two", "def f(x):\n    return x + 1\n")
    write(tmp_path / "edited_two.py", "# a new line\n# and another\ndef g():\n    return x\n")
    with pytest.warns(codepickle.PortabilityWarning):
        data = codepickle.dumps(module.f)
    assert pickle.loads(data)(1) == 2


def test_lines_moved_after_import(make_module, tmp_path):
    # The text of f is in the file, elsewhere: either it is found there, or it is refused.
    module = make_module("edited_three", "def f(x):\n    return x + 1\n")
    write(tmp_path / "edited_three.py", "import os\n\n\ndef f(x):\n    return x + 1\n")
    try:
        data = dumps(module.f)
    except codepickle.PicklingError:
        return
    assert pickle.loads(data)(1) == 2


def test_edit_that_keeps_the_line_but_not_the_meaning(make_module, tmp_path):
    # Constants, names, defaults' positions and operators are all part of what is compared.
    pairs = [("x + 1", "x + True"), ("x + 1", "x + 1.0"), ("x.a", "x.b"), ("0.0", "-0.0"), ("x and 1", "x or 1")]
    for i, (before, after) in enumerate(pairs):
        name = "edited_pair_%d" % i
        module = make_module(name, "def f(x):\n    return %s\n" % before)
        write(tmp_path / (name + ".py"), "def f(x):\n    return %s\n" % after)
        with pytest.raises(codepickle.PicklingError):
            dumps(module.f)


def test_deleted_file(make_module, tmp_path):
    module = make_module("deleted_file", "def f(x):\n    return x + 1\n")
    os.remove(tmp_path / "deleted_file.py")
    linecache.checkcache()
    with pytest.raises(codepickle.PicklingError, match="no source"):
        dumps(module.f)


def test_edit_after_the_first_dump_changes_nothing(make_module, tmp_path):
    module = make_module("edited_later", "def f(x):\n    return x + 1\n")
    first = dumps(module.f)
    write(tmp_path / "edited_later.py", "def f(x):\n    return 'other'\n")
    linecache.checkcache()
    try:
        again = dumps(module.f)
    except codepickle.PicklingError:
        return
    assert again == first


def test_reloaded_module(make_module, tmp_path):
    module = make_module("reloaded", "def f():\n    return 'old'\n")
    old = module.f
    dumps(old)
    write(tmp_path / "reloaded.py", "def f():\n    return 'new text'\n")
    importlib.invalidate_caches()
    importlib.reload(module)
    assert pickle.loads(dumps(module.f))() == "new text"
    try:
        data = dumps(old)
    except codepickle.PicklingError:
        return
    assert pickle.loads(data)() == "old"


# Notebooks and other text that lives in linecache


def run_cell(text, filename, namespace):
    """As IPython runs a cell: text into linecache with no modification time, then compile and exec."""
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    exec(compile(text, filename, "exec"), namespace)


@pytest.fixture
def notebook(monkeypatch):
    namespace = {"__name__": "__main__"}
    names = []

    def run(text, filename):
        names.append(filename)
        run_cell(textwrap.dedent(text), filename, namespace)
        return namespace

    yield run
    for name in names:
        linecache.cache.pop(name, None)


@pytest.mark.parametrize("filename", ["<ipython-input-1-0a1b2c3d>", "/tmp/ipykernel_1234/987654321.py"])
def test_notebook_cell(notebook, filename):
    namespace = notebook("def f(x):\n    return [x, lambda: 'inner']\n\ng = lambda x: x * 2\n", filename)
    f, g = pickle.loads(dumps((namespace["f"], namespace["g"])))
    assert f(1)[1]() == "inner"
    assert g(4) == 8


def test_notebook_cell_run_again_under_one_name(notebook):
    # ipykernel names a cell by the hash of its text; other front ends reuse the name.
    old = notebook("def f():\n    return 'old'\n", "<cell-1>")["f"]
    new = notebook("def f():\n    return 'new'\n", "<cell-1>")["f"]
    assert pickle.loads(dumps(new))() == "new"
    with pytest.raises(codepickle.PicklingError):
        dumps(old)


def test_notebook_cell_run_again_after_a_dump(notebook):
    old = notebook("def f():\n    return 'old'\n", "<cell-2>")["f"]
    dumps(old)
    new = notebook("def f():\n    return 'new'\n", "<cell-2>")["f"]
    assert pickle.loads(dumps(new))() == "new"
    try:
        data = dumps(old)
    except codepickle.PicklingError:
        return
    assert pickle.loads(data)() == "old"


def test_notebook_cells_that_build_on_each_other(notebook):
    notebook("base = 10\nclass A:\n    def f(self):\n        return base\n", "<ipython-input-2-aa>")
    namespace = notebook("class B(A):\n    def f(self):\n        return super().f() + 1\n", "<ipython-input-3-bb>")
    loaded = pickle.loads(dumps(namespace["B"]))
    assert loaded().f() == 11


# Two of a kind on one line


def test_equal_lambdas_on_a_line(make_module):
    module = make_module("equal_lambdas", "a, b = lambda x: x + 1, lambda x: x + 1\nc, d = lambda: 1, lambda: 2\n")
    a, b, c, d = pickle.loads(dumps((module.a, module.b, module.c, module.d)))
    assert (a(1), b(1), c(), d()) == (2, 2, 1, 2)
    assert pickle.loads(dumps(module.d))() == 2


def test_lambda_that_only_positions_tell_apart(make_module):
    # The same code but for what surrounds it: on 3.11 and later co_positions tells, before it does not matter.
    module = make_module("same_code", "f = [lambda: missing_name, lambda: missing_name]\n")
    for function in module.f:
        assert codepickle.getsource(function) == "lambda: missing_name"


# No source


def test_exec_without_source():
    namespace = {}
    exec("def made(x):\n    return x + 1\n", namespace)
    with pytest.raises(codepickle.PicklingError, match="made") as error:
        dumps(namespace["made"])
    assert "__source__" in str(error.value) or "record_sources" in str(error.value)


def test_exec_under_the_name_of_a_real_file(make_module):
    # The file is there, and has a line of that number: it is not what was executed.
    module = make_module("real_file", "def f():\n    return 'file'\n")
    namespace = {"__name__": "real_file", "__file__": module.__file__}
    exec(compile("def f():\n    return 'exec'\n", module.__file__, "exec"), namespace)
    with pytest.raises(codepickle.PicklingError):
        dumps(namespace["f"])


def test_source_by_hand():
    namespace = {}
    text = "def made(x, y=2):\n    return x + y\n"
    exec(text, namespace)
    made = namespace["made"]
    made.__source__ = text
    assert pickle.loads(dumps(made))(1) == 3


def test_source_by_hand_that_is_wrong():
    namespace = {}
    exec("def made(x):\n    return x + 1\n", namespace)
    made = namespace["made"]
    made.__source__ = "def made(x):\n    return x + 2\n"
    with pytest.raises(codepickle.PicklingError):
        dumps(made)


def test_source_by_hand_copied_onto_a_wrapper(make_module):
    module = make_module(
        "wrapped_source",
        """\
        import functools

        def wrap(f):
            @functools.wraps(f)
            def wrapper(*args):
                return "wrapped", f(*args)
            return wrapper

        text = "def made(x):\\n    return x + 1\\n"
        exec(text)
        made.__source__ = text
        both = wrap(made)
        """,
    )
    assert pickle.loads(dumps(module.both))(1) == ("wrapped", 2)


@pytest.mark.skipif(sys.version_info < (3, 8), reason="audit hooks came with 3.8")
def test_record_sources():
    code = """\
    import codepickle, pickle
    recording = codepickle.record_sources()
    space = {}
    exec("def made(x):\\n    return x + 1\\nlam = lambda: 'lam'\\nclass C:\\n    def m(self): return 'm'\\n", space)
    assert pickle.loads(codepickle.dumps(space["made"], by_source=True))(1) == 2
    assert pickle.loads(codepickle.dumps(space["lam"], by_source=True))() == "lam"
    assert pickle.loads(codepickle.dumps(space["C"], by_source=True))().m() == "m"
    assert pickle.loads(codepickle.dumps(eval("lambda: 'eval'"), by_source=True))() == "eval"
    assert codepickle.getsource(space["made"]).startswith("def made")
    recording.stop()
    exec("def later(): return 1", space)
    try:
        codepickle.dumps(space["later"], by_source=True)
    except codepickle.PicklingError:
        print("refused")
    """
    _, out, _ = run_python("-c", textwrap.dedent(code))
    assert out.strip() == "refused"


@pytest.mark.skipif(sys.version_info < (3, 8), reason="audit hooks came with 3.8")
def test_record_sources_leaves_builtins_alone():
    code = (
        "import codepickle; was = (exec, eval, compile); codepickle.record_sources();"
        "print(was == (exec, eval, compile))"
    )
    assert run_python("-c", code)[1].strip() == "True"


# Where Python itself finds text


MAIN = """\
import codepickle, sys
def f(x):
    def inner():
        return x * 2
    return inner
try:
    data = codepickle.dumps((f(21), lambda: "lam"), by_source=True)
except codepickle.PicklingError as error:
    print("refused:", error)
else:
    print(data.hex())
"""


def test_dash_c():
    # 3.13 keeps the text of -c in linecache, 3.10 in sys.orig_argv; before, the interpreter throws it away.
    _, out, _ = run_python("-c", MAIN)
    if sys.version_info >= (3, 10):
        assert evaluate_elsewhere(bytes.fromhex(out), "(obj[0](), obj[1]())") == (42, "lam")
    else:
        assert "<string>" in out and "refused" in out


def test_standard_input():
    _, out, _ = run_python("-", stdin=MAIN.encode())
    if "refused" in out:
        assert "<stdin>" in out
    else:
        assert evaluate_elsewhere(bytes.fromhex(out), "(obj[0](), obj[1]())") == (42, "lam")


def test_script(tmp_path):
    script = write(tmp_path / "script.py", MAIN)
    _, out, _ = run_python(str(script))
    assert evaluate_elsewhere(bytes.fromhex(out), "(obj[0](), obj[1]())") == (42, "lam")


def test_package_in_a_zip_file(tmp_path, monkeypatch):
    archive = tmp_path / "library.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("zipped_package/__init__.py", "")
        file.writestr("zipped_package/inside.py", "def f(x):\n    return [lambda: 'é', x]\n\n\nclass C:\n    a = 1\n")
    monkeypatch.syspath_prepend(str(archive))
    import zipped_package.inside as inside

    codepickle.register_pickle_by_value(inside)
    try:
        f, c = pickle.loads(dumps((inside.f, inside.C)))
    finally:
        codepickle.unregister_pickle_by_value(inside)
    assert f(1)[0]() == "é"
    assert c.a == 1


def test_namespace_package(tmp_path, monkeypatch):
    write(tmp_path / "one" / "spread_package" / "left.py", "def f():\n    return 'left'\n")
    write(
        tmp_path / "two" / "spread_package" / "right.py",
        "from . import left\ndef g():\n    return left.f() + ' right'\n",
    )
    monkeypatch.syspath_prepend(str(tmp_path / "one"))
    monkeypatch.syspath_prepend(str(tmp_path / "two"))
    package = importlib.import_module("spread_package")
    right = importlib.import_module("spread_package.right")
    codepickle.register_pickle_by_value(package)
    try:
        data = dumps(right.g)
    finally:
        codepickle.unregister_pickle_by_value(package)
    assert evaluate_elsewhere(data, "obj()") == "left right"


def test_relative_import_inside_a_function(tmp_path, monkeypatch):
    write(tmp_path / "rel_package" / "__init__.py", "")
    write(tmp_path / "rel_package" / "other.py", "value = 5\n")
    write(tmp_path / "rel_package" / "mod.py", "def f():\n    from . import other\n    return other.value\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    mod = importlib.import_module("rel_package.mod")
    codepickle.register_pickle_by_value(mod)
    try:
        assert pickle.loads(dumps(mod.f))() == 5
    finally:
        codepickle.unregister_pickle_by_value(mod)


def test_pyc_only_module(tmp_path, monkeypatch):
    source = write(tmp_path / "only_compiled.py", "def f(x):\n    return x + 1\n")
    py_compile.compile(str(source), cfile=str(tmp_path / "only_compiled.pyc"))
    source.unlink()
    monkeypatch.syspath_prepend(str(tmp_path))
    module = importlib.import_module("only_compiled")
    codepickle.register_pickle_by_value(module)
    try:
        with pytest.raises(codepickle.PicklingError, match="only_compiled"):
            dumps(module.f)
        with pytest.warns(codepickle.PortabilityWarning, match="only_compiled"):
            data = codepickle.dumps(module.f)
    finally:
        codepickle.unregister_pickle_by_value(module)
    assert pickle.loads(data)(1) == 2


def test_doctest(tmp_path):
    script = write(
        tmp_path / "with_doctest.py",
        '''\
        """
        >>> import codepickle, pickle
        >>> def f(x):
        ...     return x + 1
        >>> pickle.loads(codepickle.dumps(f, by_source=True))(1)
        2
        >>> g = lambda: "lam"
        >>> pickle.loads(codepickle.dumps(g, by_source=True))()
        'lam'
        """
        import doctest, sys
        sys.exit(doctest.testmod().failed)
        ''',
    )
    run_python(str(script))


# What getsource shows


def test_getsource_is_the_exact_text(make_module):
    text = "def  f( x ):  # odd\n    '''doc'''\n\n    return x  # end\n"
    module = make_module("shown_source", text + "\n\ng = [lambda  x : x]\n\n\nclass C(object):  # c\n    a = 1\n")
    assert codepickle.getsource(module.f).rstrip("\n") == text.rstrip("\n")
    assert codepickle.getsource(module.g[0]) == "lambda  x : x"


def test_getsource_of_a_loaded_class(make_module):
    module = make_module("shown_class", "class C(object):  # c\n    a = 1\n\n    def m(self):\n        return 1\n")
    loaded = pickle.loads(dumps(module.C))
    assert "def m(self):" in codepickle.getsource(loaded)
    assert "def m(self):" in codepickle.getsource(loaded.m)


def test_code_replaced_by_a_decorator(make_module):
    # The code that runs has no text: the text under the decorator is not it.
    module = make_module(
        "replaced_code",
        """\
        def patched(f):
            space = {}
            exec("def f(x):\\n    return 'patched'\\n", space)
            f.__code__ = space["f"].__code__
            return f

        @patched
        def f(x):
            return "text"
        """,
    )
    assert module.f(1) == "patched"
    with pytest.raises(codepickle.PicklingError):
        dumps(module.f)


def test_wrong_source_is_never_sent_for_typed_in_code():
    # A class typed at a prompt: a file of that name in the working directory is not its text.
    namespace = types.ModuleType("typed")
    exec(compile("class C:\n    def m(self): return 1\n", "<python-input-0>", "exec"), vars(namespace))
    with pytest.raises(codepickle.PicklingError):
        dumps(namespace.C.m)
