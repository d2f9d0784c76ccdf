"""Parts of files: what is found without parsing the whole file is what the whole file gives."""

import argparse
import functools
import importlib
import inspect
import json.decoder
import linecache
import os
import subprocess
import sys
import textwrap
import types
import typing

import codepickle
import pytest
from codepickle import _native, _snippets, _texts


def functions_of(module):
    """The functions that the file of a module defines, those in classes included."""
    pending, found = [module], []
    seen = set()
    while pending:
        for value in vars(pending.pop()).values():
            value = getattr(value, "__func__", value)
            if id(value) in seen or getattr(value, "__module__", None) != module.__name__:
                continue
            seen.add(id(value))
            if isinstance(value, types.FunctionType):
                found.append(value)
            elif isinstance(value, type):
                pending.append(value)
    return [function for function in found if function.__code__.co_filename == module.__file__]


def parts(plan):
    return [getattr(plan, name) for name in _snippets.Plan.__slots__]


def planned(function, plan=_snippets.plan):
    try:
        return parts(plan(function.__code__, function))
    except _snippets.NoSource as reason:
        return str(reason)


@pytest.mark.parametrize(
    "module",
    [argparse, functools, inspect, json.decoder, textwrap, typing, codepickle._runtime],
    ids=lambda module: module.__name__,
)
def test_an_excerpt_gives_what_the_whole_file_gives(module):
    functions = functions_of(module)
    assert functions
    assert all(_texts.excerpt(function.__code__, function) for function in functions)
    # What a lazy import of 3.15 binds is not looked for, and before 3.11 the code of a wrapper does not know its name.
    found = [_native.excerpt_plan(function.__code__, function) for function in functions]
    assert sum(map(bool, found)) > 0.8 * len(functions)
    assert [planned(function) for function in functions] == [
        planned(function, _snippets.plan_from_texts) for function in functions
    ]


@pytest.fixture
def make_module(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    names = []

    def make(text, name="made_here", encoding="utf-8"):
        (tmp_path / (name + ".py")).write_bytes(text.encode(encoding))
        sys.modules.pop(name, None)
        importlib.invalidate_caches()
        module = importlib.import_module(name)
        names.append(name)
        return module

    yield make
    for name in names:
        sys.modules.pop(name, None)


def source(function):
    return codepickle.getsource(function)


STRING = '''def first():
    return """
def second():
    return 2
x = """

def second():
    return (
2)
'''


def test_text_in_strings_is_not_taken_for_code(make_module):
    module = make_module(STRING)
    assert source(module.first) == STRING[: STRING.index("\n\n")]
    assert source(module.second) == STRING[STRING.index("\n\n") + 2 : -1]


def test_a_method_is_found_under_the_class_that_it_is_in(make_module):
    """Before 3.11 code does not know its qualified name: the live function's decides."""
    text = 'class A:\n  """\nif 1:\n  1 # """\n  def method(self): return 1\n'
    module = make_module(text)
    assert module.A.method.__qualname__ == "A.method"
    assert _snippets.plan(module.A.method.__code__, module.A.method).args[3] == "class A:\n"


@pytest.mark.parametrize(
    "text, encoding",
    [
        ("# coding: latin-1\ndef f(): return 'größe'\n", "latin-1"),
        ("\ufeffdef f(): return 'größe'\n", "utf-8"),
        ("# coding: utf-8\ndef f(): return 'größe'\n", "utf-8"),
        ("def f(): return 'größe'\r\n\r\ndef g():\r\n    pass\r\n", "utf-8"),
        ("def f():\r    return 'größe'\r", "utf-8"),
    ],
    ids=["latin-1", "bom", "cookie", "crlf", "cr"],
)
def test_encodings_and_line_ends_are_pythons(make_module, text, encoding):
    function = make_module(text, encoding=encoding).f
    codepickle.register_pickle_by_value(sys.modules["made_here"])
    try:
        loaded = codepickle.loads(codepickle.dumps(function, by_source=True))
    finally:
        codepickle.unregister_pickle_by_value(sys.modules["made_here"])
    assert loaded() == "größe"


def test_the_text_is_that_of_the_import_while_it_is_known(make_module, tmp_path):
    module = make_module("def f(): return 1\n\ndef g(): return 2\n")
    assert source(module.f) == "def f(): return 1"
    (tmp_path / "made_here.py").write_text("def f(): return 100\n\ndef g(): return 200\n")
    assert source(module.g) == "def g(): return 2"
    module = make_module("def f(): return 10\n\ndef g(): return 20\n")
    assert source(module.f) == "def f(): return 10"
    assert source(module.g) == "def g(): return 20"


def test_an_edited_file_is_refused(make_module, tmp_path):
    module = make_module("def f(): return 1\n")
    (tmp_path / "made_here.py").write_text("def f(): return 2\n")
    with pytest.raises(codepickle.PicklingError, match="edited"):
        source(module.f)


def test_what_linecache_has_counts(make_module):
    module = make_module("def f(): return 1\n")
    lines = ["def f(): return 1  # as it was\n"]
    linecache.cache[module.__file__] = (len(lines[0]), None, lines, module.__file__)
    try:
        assert source(module.f) == lines[0][:-1]
    finally:
        del linecache.cache[module.__file__]


def test_texts_are_dropped_where_they_are_too_many(tmp_path):
    """The bound is read once in a process."""
    for number in range(20):
        (tmp_path / ("made_%d.py" % number)).write_text("def f(): return %d\n#%s\n" % (number, "x" * 1000))
    program = """
import sys
import codepickle
from codepickle import _native
for number in range(20):
    f = __import__("made_%d" % number).f
    assert codepickle.getsource(f) == "def f(): return %d" % number
    files, size = _native.kept_files()
    assert files == min(number + 1, 3) and size <= 16384, (number, files, size)
"""
    path = os.pathsep.join([os.path.dirname(os.path.dirname(codepickle.__file__)), str(tmp_path)])
    env = dict(os.environ, CODEPICKLE_CACHE_BYTES="16384", PYTHONPATH=path)
    subprocess.run([sys.executable, "-c", program], env=env, check=True)
