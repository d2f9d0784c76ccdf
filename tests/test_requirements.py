"""`requirements`: what is found in objects and payloads, and how it is told apart."""

import contextlib
import copyreg
import importlib
import pickle
import pickletools
import sys
import textwrap

import codepickle
import helpers
import pytest
from codepickle import requirements
from codepickle._stdlib_names import STDLIB_NAMES

PROTOCOLS = [0, 1, 2, 3, 4] + ([5] if sys.version_info >= (3, 8) else [])


def kinds(obj, **options):
    """{module: kind}, and the same from the payload."""
    found = requirements(obj, **options)
    assert found == requirements(codepickle.dumps(obj, **options))
    return {each.module: each.kind for each in found}


def test_imports_of_a_function():
    def function(flag):
        import alpha
        import beta.gamma as g
        from delta import one, two  # noqa: F401

        try:
            import epsilon
        except ImportError:
            epsilon = None
        if flag:
            import zeta
        import os.path

        return alpha, g, epsilon, zeta, os

    assert kinds(function) == {
        "alpha": "import",
        "beta.gamma": "import",
        "delta": "import",
        "epsilon": "optional",
        "zeta": "conditional",
    }


def test_type_checkers_imports():
    def function():
        from typing import TYPE_CHECKING

        if TYPE_CHECKING:
            import alpha
        return alpha

    assert kinds(function) == {"alpha": "typing"}
    assert requirements(function)[0].optional


def test_the_strongest_kind_counts():
    def one(flag):
        if flag:
            import alpha
        return alpha

    def two():
        import alpha

        return alpha

    assert kinds([one]) == {"alpha": "conditional"}
    assert kinds([one, two]) == {"alpha": "import"}


def test_imports_by_a_call():
    def function(name):
        importlib.import_module("alpha.beta")
        __import__("gamma")
        return importlib.import_module(name)

    assert kinds(function) == {"alpha.beta": "import", "gamma": "import"}
    (note,) = requirements(function).notes
    assert "name that it computes" in note and "line %d" % (function.__code__.co_firstlineno + 3) in note


def test_import_module_under_another_name(make_module):
    module = make_module(
        "requirements_alias",
        """
        from importlib import import_module as load

        def function():
            return load("alpha")
        """,
    )
    assert kinds(module.function) == {"alpha": "import"}


def test_what_is_inside_lambdas_and_nested_functions():
    def outer():
        def inner():
            import alpha

            return alpha

        return inner, lambda: __import__("beta")

    assert kinds(outer) == {"alpha": "import", "beta": "import"}
    assert kinds(lambda: [__import__("gamma"), lambda: __import__("delta")]) == {"gamma": "import", "delta": "import"}


def test_decorators_defaults_and_annotations_do_not_run_again():
    def keep(function):
        return function

    @keep
    def function(value=keep, other: "__import__('alpha')" = None):
        return value, other

    assert kinds(function) == {}


def test_names_in_annotations_may_be_missing(make_module):
    module = make_module(
        "requirements_annotated",
        """
        import pytest
        import typing

        def value(item: pytest.Item, other: typing.List[pytest.Item]) -> None:
            return item

        def text(item: "pytest.Item"):
            return item

        def both(item: pytest.Item):
            return pytest.Item
        """,
    )
    name = pytest.Item.__module__
    assert kinds(module.value) == {name: "optional"}
    assert set(kinds(module.text).values()) <= {"optional"}
    assert kinds(module.both)["pytest"] == "load"
    assert requirements(module.value).lines() == ["# pytest==%s  # optional: %s" % (pytest.__version__, name)]


def test_methods_of_a_class():
    class Base:
        import string as body

        def used(self):
            import alpha

            return alpha

        @property
        def read(self):
            import beta

            return beta

    class Derived(Base):
        @staticmethod
        def one():
            import gamma

            return gamma

    assert kinds(Derived()) == {"alpha": "import", "beta": "import", "gamma": "import"}


def test_modules_classes_and_functions_by_reference():
    module = pytest

    def function():
        return module.fixture, codepickle.loads

    assert kinds(function) == {"pytest": "load", "codepickle": "load"}
    assert kinds(pytest.raises) == {pytest.raises.__module__: "load"}
    assert kinds(pytest) == {"pytest": "load"}
    assert kinds({"a": [pytest.Item]}) == {pytest.Item.__module__: "load"}


def test_submodules_reached_through_attributes(tmp_path, monkeypatch):
    helpers.write(tmp_path / "requirements_package" / "__init__.py", "")
    helpers.write(tmp_path / "requirements_package" / "sub.py", "value = 1")
    monkeypatch.syspath_prepend(str(tmp_path))
    package = importlib.import_module("requirements_package")
    importlib.import_module("requirements_package.sub")

    def function():
        return package.sub.value

    assert kinds(function) == {"requirements_package": "load", "requirements_package.sub": "load"}


def test_from_import_of_a_submodule(tmp_path, monkeypatch):
    helpers.write(tmp_path / "requirements_parent" / "__init__.py", "name = 1")
    helpers.write(tmp_path / "requirements_parent" / "sub.py", "value = 1")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.import_module("requirements_parent.sub")

    def submodule():
        from requirements_parent import sub

        return sub

    def both():
        from requirements_parent import name, sub

        return sub, name

    assert kinds(submodule) == {"requirements_parent.sub": "import"}
    assert kinds(both) == {"requirements_parent": "import", "requirements_parent.sub": "import"}


def test_relative_imports(tmp_path, monkeypatch):
    helpers.write(
        tmp_path / "requirements_relative" / "__init__.py", "def top():\n    from . import one\n    return one\n"
    )
    text = """
    from importlib import import_module

    def function():
        from . import sibling
        from ..upper import thing
        from .nested.deep import other
        import_module(".called", __package__)
        return sibling, thing, other
    """
    helpers.write(tmp_path / "requirements_relative" / "inner" / "__init__.py", "")
    helpers.write(tmp_path / "requirements_relative" / "inner" / "module.py", text)
    monkeypatch.syspath_prepend(str(tmp_path))
    module = importlib.import_module("requirements_relative.inner.module")

    def by_value(obj):
        return not str(getattr(obj, "__module__", "")).startswith("requirements_relative")

    assert kinds(module.function, pickle_by_reference=by_value) == {
        "requirements_relative.inner": "import",
        "requirements_relative.upper": "import",
        "requirements_relative.inner.nested.deep": "import",
        "requirements_relative.inner.called": "import",
    }
    top = sys.modules["requirements_relative"].top
    assert kinds(top, pickle_by_reference=by_value) == {"requirements_relative": "import"}


def test_relative_import_in_a_module_by_value(make_module):
    package = make_module("requirements_made", "def f():\n    from .sub import x\n    return x\n")
    package.__package__ = "requirements_made"
    package.__path__ = []
    assert kinds(package) == {"requirements_made.sub": "import"}


def test_options_are_those_of_dumps():
    dedent = textwrap.dedent
    assert kinds(dedent, pickle_by_reference=lambda obj: obj is not dedent) == {}
    assert kinds(pytest.raises, pickle_by_reference=lambda obj: True) == {pytest.raises.__module__: "load"}
    namespace = {}
    exec("def made(): import alpha", namespace)
    with pytest.raises(codepickle.PicklingError, match="cannot travel as source"):
        requirements(namespace["made"], by_source=True)


def test_bytecode_is_noted():
    def function():
        import alpha

        return alpha, pytest

    found = requirements(codepickle.dumps(function, by_source=False))
    assert [each.module for each in found] == ["pytest"]
    (note,) = found.notes
    assert "bytecode" in note and "function" in note
    assert found == requirements(function, by_source=False)
    assert str(found).endswith("# note: " + note + "\n")


def test_what_cannot_be_pickled():
    with pytest.raises(codepickle.PicklingError, match="generator"):
        requirements({"a": (each for each in ())})


@pytest.mark.parametrize("data", [b"", b"no pickle", b"\x80\x09.", b"\x80\x04K", b"\x80\x04\x93."])
def test_what_is_no_pickle(data):
    with pytest.raises(codepickle.LoadError, match=r"no pickle .* byte"):
        requirements(data)


def test_every_kind_of_bytes_is_a_payload():
    payload = codepickle.dumps(pytest.raises)
    expected = requirements(payload)
    assert len(expected) == 1
    assert requirements(bytearray(payload)) == requirements(memoryview(payload)) == expected
    assert requirements(memoryview(payload + payload)[: len(payload)]) == expected


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("self_contained", [False, True])
def test_every_protocol(protocol, self_contained):
    def function(value: int = 3):
        from alpha import beta

        return beta, pytest, {value: "ü"}, helpers

    def other():
        return function()

    payload = codepickle.dumps([function, other, 1.5, b"x", {1, 2}], protocol, self_contained=self_contained)
    found = {each.module: each.kind for each in requirements(payload)}
    assert found == {"alpha": "import", "pytest": "load", "helpers": "load"}


class Culprit:
    """Says so when it is unpickled."""

    def __init__(self, function, *arguments):
        self.reduced = function, arguments

    def __reduce__(self):
        return self.reduced


def test_nothing_is_executed(capsys):
    assert "this" not in sys.modules
    payload = pickle.dumps([Culprit(print, "executed"), Culprit(importlib.import_module, "this")])
    payload += b"never read"
    assert list(requirements(payload)) == []
    assert list(requirements(b"cthis\ns\n.")) == []
    assert capsys.readouterr().out == ""
    assert "this" not in sys.modules


def test_calls_in_the_payload():
    calls = [
        Culprit(importlib.import_module, "alpha"),
        Culprit(__import__, "beta"),
        Culprit(exec, "import gamma"),
        Culprit(eval, "__import__('delta')"),
    ]
    found = {each.module: each.kind for each in requirements(pickle.dumps(calls))}
    assert found == {"alpha": "load", "beta": "load", "gamma": "import", "delta": "import"}


def test_names_of_python_2():
    payload = pickle.dumps([copyreg._reconstructor, range, Exception], 2)
    assert b"copy_reg" in payload and b"__builtin__" in payload
    assert list(requirements(payload)) == []


def test_extension_codes():
    copyreg.add_extension("alpha.beta", "Gamma", 0x7654)
    try:
        found = requirements(b"\x80\x02\x83\x54\x76.")
    finally:
        copyreg.remove_extension("alpha.beta", "Gamma", 0x7654)
    assert [each.module for each in found] == ["alpha.beta"]
    assert list(requirements(b"\x80\x02\x83\x54\x76.")) == []


def test_no_name_makes_a_line_of_its_own():
    payload = b"\x80\x04\x8c\x0aa\nevil==1\n\x8c\x01b\x93."
    lines = requirements(payload).lines()
    assert lines == ["# a\\nevil==1\\n: no installed distribution has it"]
    assert str(requirements(payload)).count("\n") == 1


def test_bytecode_of_others_is_noted():
    cloudpickle = pytest.importorskip("cloudpickle")
    found = requirements(cloudpickle.dumps(lambda: pytest))
    assert {each.module: each.kind for each in found} == {"cloudpickle.cloudpickle": "load", "pytest": "load"}
    assert found.notes and all("bytecode" in note for note in found.notes)


def test_main_is_nothing_to_install():
    assert list(requirements(b"c__main__\nf\n.")) == []


def test_a_million_levels():
    deep = b"]" * 1_000_000 + b"calpha\nbeta\n" + b"a" * 1_000_000 + b"."
    assert [each.module for each in requirements(deep)] == ["alpha"]
    nested = []
    for _ in range(200_000):
        nested = [nested]
    assert list(requirements([nested, {"a": nested}])) == []


def test_a_long_payload():
    payload = codepickle.dumps([b"x" * 20_000_000, list(range(300_000)), pytest.raises])
    assert len(requirements(payload)) == 1


def named(payload):
    """The modules and names of a pickle, by the standard library's own account of it."""
    found, strings, memo, last = set(), [], {}, None
    for opcode, argument, _ in pickletools.genops(payload):
        if opcode.name in ("GLOBAL", "INST"):
            found.add(tuple(argument.split(" ", 1)))
        elif opcode.name == "STACK_GLOBAL":
            found.add(tuple(strings[-2:]))
        if opcode.name in ("MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT"):
            memo[len(memo) if argument is None else argument] = last
            continue
        last = memo.get(argument) if "GET" in opcode.name else argument
        if isinstance(last, str):
            strings.append(last)
    return found


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_references_are_those_that_pickletools_finds(protocol):
    import collections
    import datetime
    import decimal
    import fractions
    import uuid

    from codepickle import _native

    objects = [
        [datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc), decimal.Decimal("1.5"), fractions.Fraction(1, 3)],
        {"a": collections.OrderedDict(b=uuid.UUID(int=5)), "c": collections.Counter("abc"), 2**100: -(2**70)},
        (set("abc"), frozenset([1, 2]), bytearray(b"x"), b"\xff", "\ud800\u20ac\n\\", 1.5, None, True, ...),
        [Culprit(collections.deque, [1, 2]), ValueError("x"), range(3), slice(1), complex(1, 2)],
        [pytest.raises, collections.abc.Mapping, str.join, {}.get, type(None)],
    ]
    for obj in objects:
        payload = pickle.dumps(obj, protocol)
        _, references, _, _, notes = _native.read_payload(payload)
        assert {(module, name) for module, name, _ in references} == named(payload)
        assert not notes


def test_damaged_payloads_are_refused_or_read():
    from codepickle import _native

    def function():
        from alpha import beta

        return beta, pytest

    payload = codepickle.dumps(function)
    for cut in range(len(payload) - 1):
        with pytest.raises(codepickle.LoadError):
            _native.read_payload(payload[:cut])
    for at in range(len(payload)):
        for flip in (0x01, 0x20, 0xFF):
            damaged = bytearray(payload)
            damaged[at] ^= flip
            with contextlib.suppress(codepickle.LoadError):
                _native.read_payload(bytes(damaged))


def test_the_standard_library_is_known():
    own = getattr(sys, "stdlib_module_names", sys.builtin_module_names)
    assert {name for name in own if not name.startswith(("_test", "xx", "_xx"))} <= STDLIB_NAMES
    for name in ("os", "distutils", "tomllib", "asyncore", "annotationlib", "_thread"):
        assert name in STDLIB_NAMES
    assert "numpy" not in STDLIB_NAMES and "test" not in STDLIB_NAMES


def test_a_module_that_this_python_lacks_is_the_standard_librarys():
    def function():
        import asyncore

        import tomllib

        return tomllib, asyncore

    assert kinds(function) == {}


def test_codepickle_itself_is_no_requirement():
    def function():
        return 1

    assert str(requirements(function)) == ""

    def user():
        import codepickle

        return codepickle

    assert kinds(user) == {"codepickle": "import"}


@pytest.mark.skipif(sys.version_info < (3, 11), reason="except*")
def test_except_star_needs_a_package_before_3_11(tmp_path, monkeypatch):
    text = """
        def collect(work):
            try:
                work()
            except* ValueError as group:
                print(group.exceptions)
    """
    function = helpers.module_from(tmp_path, monkeypatch, "catching", text).collect
    [needed] = requirements(function)
    assert (needed.module, needed.distribution, needed.kind) == ("exceptiongroup", "exceptiongroup", "backport")
    assert needed.marker == 'python_version < "3.11"' and not needed.optional
    pinned = "exceptiongroup" if needed.version is None else "exceptiongroup==" + needed.version
    assert str(requirements(function)) == pinned + '; python_version < "3.11"\n'


def test_the_result_is_a_sequence():
    def function():
        import alpha
        import beta

        return alpha, beta

    found = requirements(function)
    assert isinstance(found, codepickle.Requirements)
    assert [each.module for each in found] == ["alpha", "beta"] and len(found) == 2
    assert isinstance(found[0], codepickle.Requirement) and found[-1].module == "beta"
    assert found == requirements(function) and hash(found) == hash(requirements(function))
    assert found != requirements(len) and found != [*found]
    assert "alpha" in repr(found)
