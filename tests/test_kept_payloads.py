"""Payloads that are kept: whatever changes, the next dump tells it.

`dumps` with protocol 5 keeps nothing, and its payloads of functions and classes differ in the number of the protocol alone.
"""

import gc
import itertools
import math
import os.path
import sys
import types
import weakref

import codepickle
import pytest

SOURCE = '''
import math, os, collections
LIMIT = 10

def uses(x):
    return helper(x) + LIMIT

def helper(x):
    return x * 2

def other(x):
    return x * 3

def plain(x, y=1, *, z=2):
    """Doc."""
    return x

def annotated(x: int) -> str:
    return x

def missing():
    return not_there

def module_user(x):
    return math.sqrt(x) + os.path.sep

def make(amount, hook=None):
    def closure(x):
        return x + amount
    return closure

def counting():
    count = 0
    def up():
        nonlocal count
        count += 1
        return count
    return up

def imported():
    return basename("a/b")

class Base:
    """A base."""
    level = 1
    def method(self):
        return LIMIT

class Slotted:
    __slots__ = ("b",)

class Hinted:
    size: int = 1
    name: "str"
    def method(self):
        return 1

class Other:
    def method(self):
        return 2

class Child(Base):
    __slots__ = ("a",)
    def method(self):
        return super().method()
    @property
    def half(self):
        return 1
    @staticmethod
    def static():
        return 2
    @classmethod
    def by_class(cls):
        return 3

def uses_class():
    return Child().method()
'''


_numbers = itertools.count()


@pytest.fixture
def module(make_module):
    # A module of its own for every test: they change it.
    made = make_module("kept_payloads_%d" % next(_numbers), SOURCE)
    made.basename = os.path.basename
    name = made.__name__
    yield made
    made.__name__ = name


def fresh(obj):
    data = codepickle.dumps(obj, 5)
    return data[:1] + b"\x04" + data[2:]


def settle(obj):
    for _ in range(6):
        assert codepickle.dumps(obj) == fresh(obj)
    assert codepickle.dumps(obj) is codepickle.dumps(obj), "it is not kept at all"


def check(obj, change, differs=True):
    """`change` alters what `obj` is dumped as; the first and all later dumps know."""
    settle(obj)
    before = codepickle.dumps(obj)
    change()
    changed = codepickle.dumps(obj)
    assert changed == fresh(obj)
    assert (changed != before) is differs
    for _ in range(100):
        assert codepickle.dumps(obj) == fresh(obj)


FUNCTION_CHANGES = {
    "code": lambda m: setattr(m.uses, "__code__", m.helper.__code__),
    "code of a callee": lambda m: setattr(m.helper, "__code__", m.other.__code__),
    "global constant": lambda m: setattr(m, "LIMIT", 11),
    "global function": lambda m: setattr(m, "helper", m.other),
    "global gone": lambda m: delattr(m, "LIMIT"),
    "global of a mutable type": lambda m: setattr(m, "LIMIT", [1]),
    "defaults": lambda m: setattr(m.uses, "__defaults__", (1,)),
    "defaults that change": lambda m: setattr(m.uses, "__defaults__", ([],)),
    "keyword defaults": lambda m: setattr(m.helper, "__kwdefaults__", {"x": 1}),
    "name": lambda m: setattr(m.uses, "__name__", "renamed"),
    "qualified name": lambda m: setattr(m.uses, "__qualname__", "renamed"),
    "docstring": lambda m: setattr(m.uses, "__doc__", "New."),
    "attribute": lambda m: setattr(m.uses, "attribute", 1),
    "attribute of a callee": lambda m: setattr(m.helper, "attribute", 1),
    "module": lambda m: setattr(m.helper, "__module__", "__main__"),
    "annotations": lambda m: setattr(m.uses, "__annotations__", {"x": int}),
    "an annotation": lambda m: m.uses.__annotations__.update(x=int),
    "name of the namespace": lambda m: setattr(m, "__name__", "renamed"),
}


@pytest.mark.parametrize("change", FUNCTION_CHANGES.values(), ids=FUNCTION_CHANGES)
def test_a_change_of_a_function(module, change):
    check(module.uses, lambda: change(module))


@pytest.mark.parametrize("change", FUNCTION_CHANGES.values(), ids=FUNCTION_CHANGES)
def test_a_change_of_a_function_in_a_tuple(module, change):
    check((module.plain, module.uses), lambda: change(module))


def test_a_change_of_a_default_that_is_held(module):
    check(module.plain, lambda: module.plain.__kwdefaults__.update(z=3))
    check(module.annotated, lambda: module.annotated.__annotations__.clear())


def test_annotations_that_are_shared(module):
    # As functools.wraps shares them: what makes them from 3.14 on, before that the dict.
    lazy = sys.version_info >= (3, 14)

    def annotate(function, maker):
        if lazy:
            function.__annotate__ = maker
        else:
            function.__annotations__ = maker(1)

    hints = {"x": int}
    shared = (lambda format: {"x": int}) if lazy else (lambda format: hints)
    annotate(module.uses, shared)
    annotate(module.helper, shared)
    check(module.uses, lambda: annotate(module.helper, lambda format: {"x": int}))
    check(module.uses, lambda: annotate(module.helper, lambda format: {"x": str}))


def test_a_global_that_appears(module):
    check(module.missing, lambda: setattr(module, "not_there", 1))


def test_the_same_dict_in_another_place(module):
    shared = {"z": 1}
    module.helper.__kwdefaults__ = shared
    settle(module.helper)

    def change():
        module.helper.__kwdefaults__ = None
        module.helper.__dict__ = shared

    check(module.helper, change)


def test_a_cell(module):
    add = module.make(1)
    cell = add.__closure__[0]
    settle(add)
    check(add, lambda: setattr(cell, "cell_contents", 2))
    check(add, lambda: setattr(cell, "cell_contents", "text"))
    check(add, lambda: delattr(cell, "cell_contents"))
    up = module.counting()
    settle(up)
    for _ in range(40):
        up()
        assert codepickle.dumps(up) == fresh(up)


def test_what_is_imported(module, monkeypatch):
    settle(module.imported)
    monkeypatch.setattr(os.path, "basename", math.floor)
    assert codepickle.dumps(module.imported) == fresh(module.imported)


def test_a_module_that_is_no_longer_imported(module, monkeypatch):
    library = types.ModuleType("kept_library")
    library.sqrt = 1
    monkeypatch.setitem(sys.modules, "kept_library", library)
    module.math = library
    settle(module.module_user)
    before = codepickle.dumps(module.module_user)
    monkeypatch.delitem(sys.modules, "kept_library")
    assert codepickle.dumps(module.module_user) == fresh(module.module_user) != before


def test_a_module_that_is_registered(module, monkeypatch):
    library = types.ModuleType("kept_library")
    exec("def f(x): return x", library.__dict__)
    library.f.__module__ = "kept_library"
    library.f.__source__ = "def f(x): return x"
    monkeypatch.setitem(sys.modules, "kept_library", library)
    module.helper = library.f
    settle(module.uses)
    before = codepickle.dumps(module.uses)
    codepickle.register_pickle_by_value(library)
    try:
        assert codepickle.dumps(module.uses) == fresh(module.uses) != before
    finally:
        codepickle.unregister_pickle_by_value(library)
    assert codepickle.dumps(module.uses) == before


CLASS_CHANGES = {
    "attribute": lambda m: setattr(m.Base, "level", 2),
    "another attribute": lambda m: setattr(m.Base, "more", 2),
    "attribute gone": lambda m: delattr(m.Base, "level"),
    "mutable attribute": lambda m: setattr(m.Base, "level", [1]),
    "method": lambda m: setattr(m.Base, "method", m.Other.method),
    "default of a method": lambda m: setattr(m.Child.method, "__defaults__", (1,)),
    "default of a static method": lambda m: setattr(m.Child.static, "__defaults__", (1,)),
    "default of a class method": lambda m: setattr(m.Child.by_class.__func__, "__defaults__", (1,)),
    "property": lambda m: setattr(m.Child, "half", property(m.Other.method)),
    "getter of a property": lambda m: setattr(m.Child.half.fget, "__defaults__", (1,)),
    "static method": lambda m: setattr(m.Child, "static", staticmethod(m.Other.method)),
    "docstring": lambda m: setattr(m.Base, "__doc__", "New."),
    "name": lambda m: setattr(m.Child, "__name__", "Renamed"),
    "qualified name": lambda m: setattr(m.Child, "__qualname__", "Renamed"),
    "module": lambda m: setattr(m.Base, "__module__", "__main__"),
    "bases": lambda m: setattr(m.Child, "__bases__", (m.Other,)),
    "global of a method": lambda m: setattr(m, "LIMIT", 11),
    "annotations": lambda m: setattr(m.Base, "__annotations__", {"level": int}),
    "global class": lambda m: setattr(m, "Child", m.Other),
}


@pytest.mark.parametrize("change", CLASS_CHANGES.values(), ids=CLASS_CHANGES)
def test_a_change_of_a_class(module, change):
    check(module.uses_class, lambda: change(module))


@pytest.mark.parametrize("change", list(CLASS_CHANGES.values())[:-1], ids=list(CLASS_CHANGES)[:-1])
def test_a_change_of_a_class_itself(module, change):
    check(module.Child, lambda: change(module))


DECLARATION_CHANGES = dict(
    CLASS_CHANGES,
    **{
        "slots": lambda m: setattr(m.Child, "__slots__", ("b",)),
        "the descriptor of a slot": lambda m: setattr(m.Child, "a", m.Slotted.b),
        "what is a class attribute": lambda m: setattr(m.Base, "level", m.Other),
        "order of attributes": lambda m: (delattr(m.Base, "level"), setattr(m.Base, "level", 1)),
        "docstring gone": lambda m: setattr(m.Base, "__doc__", None),
    },
)


def read_again(module, obj):
    """The payload, for which each declaration is read again: it was another one the last time."""
    for cls in (module.Base, module.Child, module.Other):
        cls._probe = 1
        codepickle.dumps(cls)
        del cls._probe
    return fresh(obj)


@pytest.mark.parametrize("change", DECLARATION_CHANGES.values(), ids=DECLARATION_CHANGES)
def test_a_change_of_the_class_of_an_instance(module, change):
    instance = [module.Child, {"more": module.Base()}]
    for _ in range(3):
        assert codepickle.dumps(instance) == fresh(instance)
    assert codepickle.dumps(instance) == read_again(module, instance)
    before = codepickle.dumps(instance)
    change(module)
    changed = codepickle.dumps(instance)
    assert (changed != before) is (change is not CLASS_CHANGES["global class"])
    assert changed == codepickle.dumps(instance) == read_again(module, instance)


def test_declarations_in_one_payload(module):
    def make(level):
        class Local:
            value = level

            def method(self):
                return level

        return Local

    first, second, again = make(1), make(1), make(2)
    for objects in ([first, second, again], [second, first], [again, second(), first()], [first(), [first]]):
        for _ in range(3):
            data = codepickle.dumps(objects)
        for cls in (first, second, again):
            cls._probe = 1
            codepickle.dumps(cls)
            del cls._probe
        assert codepickle.dumps(objects) == data


def test_annotations_of_a_class(module):
    settle_unless_lazy = settle if sys.version_info < (3, 14) else codepickle.dumps
    settle_unless_lazy(module.Hinted)
    before = codepickle.dumps(module.Hinted)
    module.Hinted.__annotations__["size"] = float
    assert codepickle.dumps(module.Hinted) == fresh(module.Hinted) != before


def test_nothing_is_kept_alive(module):
    def references(obj):
        settle(obj)
        return weakref.ref(obj)

    found = [references(module.make(1)), references(module.make(module.helper))]

    def local():
        class Local:
            def method(self):
                return Local

        return Local

    found.append(references(local()))
    gc.collect()
    assert [reference() for reference in found] == [None] * 3


def test_another_object_at_the_same_place(module):
    for amount in range(200):
        add = module.make(amount)
        for _ in range(5):
            assert codepickle.loads(codepickle.dumps(add))(1) == amount + 1


def test_other_arguments(module):
    settle(module.uses)
    data = codepickle.dumps(module.uses)
    assert codepickle.dumps(module.uses, by_source=True) == data
    assert codepickle.dumps(module.uses, by_source=False) != data
    assert codepickle.dumps(module.uses, self_contained=True) != data
    assert codepickle.dumps(module.uses, pickle_by_reference=lambda obj: obj is module.helper) != data
    assert codepickle.dumps(module.uses, 2) != data
