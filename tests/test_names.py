"""The names by which classes and functions of libraries are written."""

import asyncio
import codecs
import copy
import enum
import functools
import io
import math
import operator
import os
import pathlib
import pickle
import pickletools
import sys
import types
import typing
import warnings
import weakref

import codepickle
import pytest
from codepickle import _moved, _names


def strings(obj, **options):
    """All strings of a payload."""
    found = pickletools.genops(codepickle.dumps(obj, **options))
    return [arg for opcode, arg, _ in found if isinstance(arg, str) and opcode.name != "GLOBAL"]


@pytest.mark.parametrize(
    "obj, name",
    [
        (enum.EnumMeta, "enum EnumMeta"),
        (pathlib.PosixPath, "pathlib PosixPath"),
        (pathlib.PurePath.joinpath, "pathlib PurePath.joinpath"),
        (pathlib.Path.exists, "pathlib Path.exists"),
        (types.FunctionType, "types FunctionType"),
        (types.MappingProxyType, "types MappingProxyType"),
        (type({}.keys()), "_collections_abc dict_keys"),
        (os.fsencode, "os fsencode"),
        (os.getpid, "os getpid"),
        (os.path.normpath, "%s normpath" % os.path.__name__),
        (functools.reduce, "functools reduce"),
        (operator.add, "operator add"),
        (codecs.strict_errors, "codecs strict_errors"),
        (codecs.encode, "_codecs encode"),
        (math.gcd, "math gcd"),
        (io.BytesIO, "io BytesIO"),
        (pickle.PicklingError, "pickle PicklingError"),
        (weakref.ref, "weakref ReferenceType"),
        (asyncio.current_task, "asyncio current_task"),
        (asyncio.InvalidStateError, "asyncio InvalidStateError"),
        (typing.ForwardRef, "typing ForwardRef"),
    ],
)
def test_same_name_in_every_version(obj, name):
    assert strings(obj) == name.split()
    assert pickle.loads(codepickle.dumps(obj)) is obj


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol(protocol):
    for obj in (pathlib.PurePath, os.getpid, pathlib.PurePath.joinpath, types.FunctionType):
        assert pickle.loads(codepickle.dumps(obj, protocol)) is obj


def test_what_older_versions_lack_has_a_stand_in():
    assert strings(types.CellType) == ["codepickle._runtime", "g", "types", "CellType"]
    assert strings(typing.Protocol) == ["codepickle._runtime", "g", "typing", "Protocol"]
    shared = codepickle.dumps([typing.Protocol, typing.Protocol])
    assert pickle.loads(shared) == [typing.Protocol] * 2 and shared.count(b"Protocol") == 1


def test_each_row_leads_to_what_it_stands_for():
    """Every object of the library here that a row is for comes back as itself."""
    found = 0
    for module_name, (_, names) in _names.TABLE.items():
        module = sys.modules.get(module_name)
        for name in names:
            obj = vars(module).get(name) if module else None
            if obj is None or getattr(obj, "__qualname__", None) != name or obj.__module__ != module_name:
                continue
            moved = _names.find_moved(obj, module_name, name)
            if moved is not None:
                assert pickle.loads(codepickle.dumps(obj)) is obj
                found += 1
    assert found > 10


def test_user_code_that_calls_itself_so_is_not_renamed():
    fake = types.ModuleType("pathlib._local")
    fake.Path = type("Path", (), {"__module__": "pathlib._local"})
    sys.modules["pathlib._local"], saved = fake, sys.modules.get("pathlib._local")
    try:
        assert strings(fake.Path) == ["pathlib._local", "Path"]
    finally:
        if saved is None:
            del sys.modules["pathlib._local"]
        else:
            sys.modules["pathlib._local"] = saved


def test_names_of_python_2():
    payload = codepickle.dumps(functools.reduce, 2, fix_imports=True)
    assert b"c__builtin__\nreduce\n" in payload


def test_extension_codes_are_found_under_the_name_that_is_written():
    import copyreg

    copyreg.add_extension("io", "BytesIO", 0x7777)
    try:
        payload = codepickle.dumps(io.BytesIO)
        assert len(payload) < 10 and pickle.loads(payload) is io.BytesIO
    finally:
        copyreg.remove_extension("io", "BytesIO", 0x7777)


def test_numpy_by_names_that_both_versions_have():
    numpy = pytest.importorskip("numpy")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for obj in (
            numpy.arange(3.0),
            numpy.float64(1.5),
            numpy.rec.array([(1, 2.0)], names="a,b"),
            numpy.ma.array([1, 2], mask=[0, 1]),
        ):
            payload = codepickle.dumps(obj)
            assert b"numpy._core" not in payload and b"numpy.rec" not in payload
            assert repr(pickle.loads(payload)) == repr(obj)
        assert strings(numpy.add) in (["numpy", "add"], ["numpy.core", "_ufunc_reconstruct", "numpy", "add"])


class TestTool:
    """tools/names.py, on libraries of a few names."""

    @pytest.fixture
    def names(self):
        folder = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tools")
        sys.path.insert(0, folder)
        try:
            yield pytest.importorskip("names")
        finally:
            sys.path.remove(folder)

    @staticmethod
    def walked(**says):
        """A library with classes: their name, and what they say of themselves."""
        names = {}
        for number, (name, said) in enumerate(says.items()):
            name, said = name.replace("_in_", ":"), said or name.replace("_in_", ":")
            entry = [number, "c", *said.split(":"), True, None]
            names[name] = names[said] = entry
        for name, entry in names.items():
            entry = names[name] = copy.copy(entry)
            entry[5] = not name.partition(":")[0].startswith("_") and "._" not in name
        return {"names": names, "deprecated": []}

    def test_what_a_new_version_moved(self, names):
        old = self.walked(pathlib_in_PosixPath=None, enum_in_Flag=None)
        new = self.walked(pathlib_in_PosixPath="pathlib._new:PosixPath", enum_in_Flag="flags:Flag")
        wrong, count = names.check(names.Library({"3.15": old}))
        assert (wrong, count) == ({}, 2)
        wrong, count = names.check(names.Library({"3.15": old, "3.16": new}))
        assert count == 4
        assert wrong["pathlib._new:PosixPath"][0] == "pathlib:PosixPath"
        assert wrong["flags:Flag"] == ("enum:Flag", "3.16", "does not exist in 3.15")
        alone, _ = names.check(names.Library({"3.16": new}))
        assert list(alone) == ["pathlib._new:PosixPath"]
        rows = names.Library({"3.15": old, "3.16": new}).rows()
        assert rows == {"pathlib._new:PosixPath": "pathlib:PosixPath", "flags:Flag": "enum:Flag"}

    def test_the_table_is_what_the_tool_writes(self, names):
        text = names.text_of(_moved.MODULES, _moved.NAMES, sorted(_moved.NEWER_TYPING))
        assert text == names.TABLE.read_text(encoding="utf-8")
        for said, name in names.BY_HAND.items():
            assert names.apply(_moved.MODULES, _moved.NAMES, said) == name
