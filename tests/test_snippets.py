"""What the native module does of the cold path: compiling, comparing, and what is written of a snippet."""

import linecache
import sys
import types
import warnings

import codepickle
import pytest
from codepickle import _native, _snippets


def code_of(text):
    code = compile(text, "made.py", "exec", 0, True)
    return next((const for const in code.co_consts if isinstance(const, types.CodeType)), code)


@pytest.mark.parametrize(
    "text",
    [
        "def f(): pass\n",
        "\n\nclass C:\n  def f(self, x=lambda: 0): return f'{x}'\n",
        "# größe\ndef f(): return 'größe'\n",
    ],
)
@pytest.mark.parametrize("annotations", [False, True])
def test_a_text_is_compiled_as_compile_does(text, annotations):
    flags = __import__("__future__").annotations.compiler_flag if annotations else 0
    text = "\n" + text if annotations else text
    code = _native.compile_text(text, "<größe>", annotations)
    assert code.co_filename == "<größe>"
    expected = compile(text, "<größe>", "exec", flags, True)
    children = [[const for const in each.co_consts if isinstance(const, types.CodeType)] for each in (code, expected)]
    assert children[0] == children[1]
    assert [child.co_flags for child in children[0]] == [child.co_flags for child in children[1]]


@pytest.mark.parametrize(
    "text, annotations",
    [
        ("# coding: latin-1\ndef f(): return 'größe'\n", False),
        ("\n# coding: latin-1\ndef f(): return 'größe'\n", False),
        ("def f(): return '\ud800'\n", False),
        ("def f(): return '\0'\n", False),
        ("def f(): pass\n", True),
        ("\ndef f(annotations): return annotations.g()\n", True),
    ],
    ids=["cookie", "second line", "surrogate", "nul", "no room", "the name that it binds"],
)
def test_what_compile_alone_does_is_left_to_it(text, annotations):
    assert _native.compile_text(text, "name", annotations) is None


@pytest.mark.parametrize(
    "one, other",
    [
        ("0.0", "-0.0"),
        ("1", "1.0"),
        ("1", "True"),
        ("(1, 2.0)", "(1, 2)"),
        ("b'a'", "'a'"),
        ("0j", "-0j"),
        ("x in {1, 2}", "x in {1, 2.0}"),
        ("x in {(0.0, 1)}", "x in {(-0.0, 1)}"),
        ("lambda: 0.0", "lambda: -0.0"),
        ("(1, (2, (3, -0.0)))", "(1, (2, (3, 0.0)))"),
    ],
)
def test_constants_are_told_apart_by_type_and_sign(one, other):
    codes = [code_of("def f(x): return %s\n" % text) for text in (one, other)]
    assert _native.difference(codes[0], codes[1], False)
    assert _native.difference(codes[0], codes[1], False) in ("co_consts", "co_code", "co_flags")
    for text in (one, other):
        again = [code_of("def f(x): return %s\n" % text) for _ in range(2)]
        assert _native.difference(*again) is None


def test_nan_is_the_same_as_nan():
    codes = [code_of("def f(): return 1e999 - 1e999, (1e999, -1e999)\n") for _ in range(2)]
    assert _native.difference(*codes) is None


def test_places_differ_unless_they_do_not_count():
    one, other = code_of("def f(): return 1\n"), code_of("\ndef f(): return 1\n")
    assert _native.difference(one, other) == "co_firstlineno"
    assert _native.difference(one, other, positions=False) is None


@pytest.mark.parametrize(
    "filename, module, path",
    [
        ("/a/b/c.py", "b.c", "b/c.py"),
        ("/a/b/__init__.py", "b", "b/__init__.py"),
        ("C:\\a\\b.py", "b", "b.py"),
        ("/a/b.py", "__main__", "b.py"),
        ("/a/b.py", None, "b.py"),
        ("/a/b.py", 1, "b.py"),
        ("b.py", "x.y.z.b", "b.py"),
        ("//b.py", "x.y.z.b", "b.py"),
        ("<stdin>", "__main__", "stdin"),
        ("<codepickle 0123/b/c.py>", "b.c", "b/c.py"),
        ("<ipython-input-3-abc>", "__main__", "ipython"),
        ("/tmp/ipykernel_77/12.py", "__main__", "ipython"),
        ("/tmp/ipykernel_77", "__main__", "ipykernel_77"),
        ("/a/gr\udcfc\u00df.py", "x", "gr\udcfc\u00df.py"),
        ("", None, ""),
    ],
)
def test_paths_start_at_the_root_of_the_module(filename, module, path):
    assert _native.source_path(filename, module) == path


WARNS = "def f(x):\n    return x is 'a' or '\\d'\n"


def test_the_sender_sees_no_warning_of_the_compiler_again(tmp_path):
    (tmp_path / "warns.py").write_text(WARNS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        namespace = {"__name__": "warns"}
        exec(compile(WARNS, str(tmp_path / "warns.py"), "exec"), namespace)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("error")
        filters = list(warnings.filters)
        assert _native.excerpt_plan(namespace["f"].__code__, namespace["f"])
        assert warnings.filters == filters
    assert not caught


def test_files_that_cannot_be_read_are_left_to_linecache(tmp_path):
    assert _native.excerpts(str(tmp_path / "missing.py")) is None
    assert _native.excerpts(str(tmp_path)) is None
    assert _native.excerpts("\udcff.py") is None
    (tmp_path / "empty.py").write_text("")
    empty = _native.excerpts(str(tmp_path / "empty.py"))
    assert empty is None or empty.around(1, "f") is None


def test_a_text_that_did_not_fit_is_read_anew(tmp_path):
    path = tmp_path / "edited.py"
    path.write_text("def f(): return 1\n")
    namespace = {}
    exec(compile("def f(): return 2\n", str(path), "exec"), namespace)
    with pytest.raises(_snippets.NoSource):
        _snippets.plan(namespace["f"].__code__, namespace["f"])
    path.write_text("def f(): return 2\n")
    linecache.checkcache(str(path))
    assert codepickle.getsource(namespace["f"]) == "def f(): return 2"


@pytest.mark.skipif(sys.version_info < (3, 8), reason="CPython 3.8")
def test_text_annotations_are_compiled_by_their_future(tmp_path):
    text = "from __future__ import annotations\nimport re\ndef f(x: int) -> str:\n    def g(y: list[int]): re.match('', y)\n    return g\n"
    path = tmp_path / "texts.py"
    path.write_text(text)
    namespace = {"__name__": "texts"}
    exec(compile(text, str(path), "exec"), namespace)
    args = _native.excerpt_plan(namespace["f"].__code__, namespace["f"])[0]
    assert args[1] == 3 and args[7] == "annotations"
