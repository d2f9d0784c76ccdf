"""Classes that the standard library generates: dataclasses, enums, named tuples, protocols, typed dicts."""

import collections
import dataclasses
import datetime
import enum
import sys
import types
import typing
from typing import ClassVar, Generic, NamedTuple, TypeVar

import codepickle
import pytest
from helpers import evaluate_elsewhere


def elsewhere(obj, expression):
    return evaluate_elsewhere(codepickle.dumps(obj), "(%s)" % expression)


def test_a_dataclass_is_declared_anew_and_keeps_what_the_user_wrote():
    @dataclasses.dataclass(frozen=True, order=True)
    class Item:
        name: str
        price: int = 1
        tags: list = dataclasses.field(default_factory=lambda: ["new"])
        hidden: int = dataclasses.field(default=0, repr=False, compare=False, metadata={"key": "value"})
        count: ClassVar[int] = 3
        factor: dataclasses.InitVar[int] = 7

        def __post_init__(self, factor):
            object.__setattr__(self, "product", self.price * factor)

        def __hash__(self):
            return 42

        def user(self):
            return self.name

    data = codepickle.dumps(Item)
    assert b"__eq__" not in data and b"__replace__" not in data
    expressions = {
        "repr(obj('a'))": repr(Item("a")),
        "obj('a').product, obj('a').user(), hash(obj('a')), obj.count": (7, "a", 42, 3),
        "obj('a') == obj('a', hidden=5), obj('a') < obj('b')": (True, True),
        "[f.name for f in __import__('dataclasses').fields(obj)]": ["name", "price", "tags", "hidden"],
        "dict(__import__('dataclasses').fields(obj)[3].metadata)": {"key": "value"},
        "obj.__dataclass_params__.frozen, obj.__dataclass_params__.order": (True, True),
    }
    for expression, value in expressions.items():
        assert evaluate_elsewhere(data, "(%s)" % expression) == value, expression


def test_dataclasses_that_refer_to_each_other():
    @dataclasses.dataclass
    class Base:
        a: int

        def make(self):
            return Derived(self.a, 2)

    @dataclasses.dataclass
    class Derived(Base):
        b: int

        def __repr__(self):
            return "mine"

    # Derived's state comes before that of Base is complete.
    assert elsewhere(Base, "(obj(1).make().b, repr(obj(1).make()), repr(obj(1)).endswith('Base(a=1)'))") == (
        2,
        "mine",
        True,
    )


@pytest.mark.skipif(sys.version_info < (3, 10), reason="kw_only is of 3.10")
def test_keyword_only_fields():
    @dataclasses.dataclass
    class C:
        last: int = dataclasses.field(default=3, kw_only=True)
        first: int = 0

    assert elsewhere(C, "obj(1, last=2).first, obj(1, last=2).last, obj(1).last") == (1, 2, 3)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="slots of 3.10 leave such a field unset")
def test_slots():
    @dataclasses.dataclass(slots=True, frozen=True)
    class C:
        x: int
        y: int = 2
        z: int = dataclasses.field(default=9, init=False)

    assert elsewhere(C, "(obj(1).x, obj(1).y, obj(1).z, hasattr(obj(1), '__dict__'))") == (1, 2, 9, False)
    assert elsewhere(C(1), "(obj.x, obj.y, obj.z)") == (1, 2, 9)


def test_enums_keep_members_aliases_and_methods():
    class Color(enum.Enum):
        RED = 1
        GREEN = "g"
        CRIMSON = 1  # noqa: PIE796 (an alias)

        def describe(self):
            return self.name + "!"

        @classmethod
        def _missing_(cls, value):
            return cls.GREEN if value == "green" else None

    expression = (
        "([m.name for m in obj], obj.CRIMSON is obj.RED, obj(1) is obj.RED, obj['GREEN'] is obj.GREEN,"
        " obj('green') is obj.GREEN, obj.RED.describe(), list(obj.__members__))"
    )
    assert elsewhere(Color, expression) == (
        ["RED", "GREEN"],
        True,
        True,
        True,
        True,
        "RED!",
        ["RED", "GREEN", "CRIMSON"],
    )
    assert codepickle.loads(codepickle.dumps(Color.RED)) is Color.RED


def test_flags():
    class Permission(enum.Flag):
        R = enum.auto()
        W = enum.auto()
        RW = R | W

    expression = "(obj.R | obj.W) is obj.RW, obj.R in obj.RW, (obj.R & obj.W).value, obj(3) is obj.RW"
    assert elsewhere(Permission, expression) == (True, True, 0, True)


def test_the_constructors_of_an_enum_do_not_run_again():
    stop = []

    class Planet(enum.Enum):
        EARTH = (5, 6)
        MARS = (3, 4)

        def __init__(self, mass, radius):
            if stop:
                raise RuntimeError
            self.mass = mass

    class Label(enum.Enum):
        def __new__(cls, label):
            if stop:
                raise RuntimeError
            member = object.__new__(cls)
            member._value_ = len(cls.__members__) + 1
            member.label = label
            return member

        A = "a"
        B = "b"

    stop.append(True)
    assert elsewhere(Planet, "obj.EARTH.mass, obj.EARTH.value, obj((3, 4)).name") == (5, (5, 6), "MARS")
    assert elsewhere(Label, "obj.A.value, obj.B.value, obj.B.label, obj(2).name") == (1, 2, "b", "B")


def test_enums_with_data():
    class Text(str, enum.Enum):
        A = "a"

        def __str__(self):
            return "custom"

    class Day(datetime.date, enum.Enum):
        NEW_YEAR = 2020, 1, 2

    class Pair(tuple, enum.Enum):
        ONE = (1, 2)

    assert elsewhere(Text, "obj.A == 'a', obj.A.upper(), str(obj.A), obj('a') is obj.A") == (True, "A", "custom", True)
    assert elsewhere(Day, "obj.NEW_YEAR.year, obj.NEW_YEAR.isoformat()") == (2020, "2020-01-02")
    assert elsewhere(Pair, "tuple(obj.ONE), obj.ONE.value") == ((1, 2), (1, 2))


def test_enum_values_that_refer_to_the_enum():
    class Node:
        pass

    class Kind(enum.Enum):
        LIST = [1, [2]]
        NODE = (1, Node)

    Node.kind = Kind
    Node.member = Kind.LIST
    expression = "obj.NODE.value[1].kind is obj, obj.NODE.value[1].member is obj.LIST, obj([1, [2]]) is obj.LIST"
    assert elsewhere(Kind, expression) == (True, True, True)


def test_namedtuples():
    Point = collections.namedtuple("Point", "x y", defaults=[5])
    Point.__doc__ = "A point."
    Point.x.__doc__ = "Across."

    class Pair(NamedTuple):
        a: int
        b: int = 5

        def total(self):
            return self.a + self.b

    data = codepickle.dumps(Point)
    assert b"_asdict" not in data and b"__match_args__" not in data
    expression = "tuple(obj(1)), repr(obj(1)), obj.__doc__, obj.x.__doc__, obj._fields, obj._field_defaults"
    assert elsewhere(Point, expression) == ((1, 5), "Point(x=1, y=5)", "A point.", "Across.", ("x", "y"), {"y": 5})
    expression = "obj(1).total(), obj._field_defaults, obj.__annotations__['a'] is int"
    assert elsewhere(Pair, expression) == (6, {"b": 5}, True)


def test_generic_classes():
    T = TypeVar("T")

    class Box(Generic[T]):
        def get(self):
            return 1

    class IntBox(Box[int]):
        pass

    expression = "obj[0][int]().get(), obj[0].__parameters__ == (obj[2],), obj[1].__orig_bases__ == (obj[0][int],)"
    assert elsewhere((Box, IntBox, T), expression) == (1, True, True)


@pytest.mark.skipif(sys.version_info < (3, 8), reason="of 3.8")
def test_protocols():
    @typing.runtime_checkable
    class Closable(typing.Protocol):
        def close(self):
            """Close it."""

    class Plain(typing.Protocol):
        def close(self):
            """Close it."""

    expression = (
        "isinstance(type('X', (), {'close': lambda self: 1})(), obj[0]), isinstance(3, obj[0]),"
        " getattr(obj[1], '_is_runtime_protocol', False)"
    )
    assert elsewhere((Closable, Plain), expression) == (True, False, False)


@pytest.mark.skipif(sys.version_info < (3, 9), reason="key sets are of 3.9")
def test_typed_dicts():
    class Movie(typing.TypedDict):
        title: str

    class Extra(Movie, total=False):
        year: int

    keys = "sorted(obj.__required_keys__), sorted(obj.__optional_keys__)"
    expression = keys + ", obj(title='a'), sorted(obj.__annotations__)"
    assert elsewhere(Extra, expression) == (["title"], ["year"], {"title": "a"}, ["title", "year"])


@pytest.mark.skipif(not hasattr(types, "UnionType"), reason="of 3.10")
def test_unions_stay_what_they_were_written_as():
    written, spelled = codepickle.loads(codepickle.dumps((int | None, typing.Optional[int])))
    assert type(written) is type(int | None) and type(spelled) is type(typing.Optional[int])
    assert written == spelled == typing.Optional[int]
