"""One dynamic class is one class: in the process that defined it, and wherever it is loaded."""

import enum
import pickle
import typing

import codepickle
from helpers import evaluate_elsewhere, run_python


def roundtrip(obj):
    return pickle.loads(codepickle.dumps(obj))


def factory(n):
    class Made:
        def value(self):
            return n

    return Made


def twin():
    class Twin:
        pass

    return Twin


def test_a_class_defined_here_comes_back_as_itself_untouched():
    class C:
        x = 1

    data = codepickle.dumps(C)
    C.x = 2
    assert pickle.loads(data) is C and C.x == 2


def test_enums_and_type_variables_come_back_as_themselves():
    class Color(enum.Enum):
        RED = 1

    T = typing.TypeVar("T")
    assert roundtrip(Color) is Color and roundtrip(Color.RED) is Color.RED
    assert roundtrip(T) is T


def test_two_loads_make_one_class():
    data = codepickle.dumps(factory(1))
    script = "import pickle, sys; d = sys.stdin.buffer.read(); print(pickle.loads(d) is pickle.loads(d))"
    assert run_python("-c", script, stdin=data)[1].split() == ["True"]


def test_classes_of_one_factory_are_told_apart_by_what_they_captured():
    one, two = factory(1), factory(2)
    assert codepickle.dumps(one) != codepickle.dumps(two)
    assert roundtrip(one) is one and roundtrip(two) is two
    data = codepickle.dumps([codepickle.dumps(one), codepickle.dumps(two)])
    expression = "[c().value() for c in [pickle.loads(d) for d in obj]]"
    assert evaluate_elsewhere(data, expression) == [1, 2]


def test_equal_classes_of_one_payload_stay_apart():
    one, two = twin(), twin()
    back = roundtrip((one, two, one))
    assert back == (one, two, one)
    expression = "(obj[0] is obj[2], obj[0] is obj[1])"
    assert evaluate_elsewhere(codepickle.dumps((one, two, one)), expression) == (True, False)


def test_a_redefined_class_is_another_class():
    def first():
        class Color(enum.Enum):
            RED = 1
            GREEN = 2

        return Color

    def second():
        class Color(enum.Enum):
            RED = 1
            BLUE = 2

        return Color

    one, two = first(), second()
    one.__qualname__ = two.__qualname__ = "Color"
    data = codepickle.dumps([codepickle.dumps(one), codepickle.dumps(two)])
    assert evaluate_elsewhere(data, "[[m.name for m in pickle.loads(d)] for d in obj]") == [
        ["RED", "GREEN"],
        ["RED", "BLUE"],
    ]


def test_later_changes_reach_the_class_that_was_loaded():
    class C:
        def old(self):
            return 1

    first = codepickle.dumps(C())
    C.new = lambda self: 2
    second = codepickle.dumps(C)
    data = codepickle.dumps([first, second])
    expression = "[(pickle.loads(obj[1]) is type(o), o.new(), o.old()) for o in [pickle.loads(obj[0])]]"
    assert evaluate_elsewhere(data, expression) == [(True, 2, 1)]


def test_a_class_returns_from_another_process_as_itself():
    class C:
        def method(self):
            return 1

    script = (
        "import pickle, sys, codepickle; o = pickle.loads(sys.stdin.buffer.read());"
        " sys.stdout.write(codepickle.dumps(o).hex())"
    )
    returned = run_python("-c", script, stdin=codepickle.dumps(C()))[1]
    assert type(pickle.loads(bytes.fromhex(returned))) is C


def test_the_bytes_do_not_depend_on_the_process_or_on_pickling_before():
    class C:
        x = {"a", "b", "c"}

        def method(self):
            return self.x

    first = codepickle.dumps(C)
    C().method()
    pickle.loads(first)
    codepickle.dumps(C())
    assert codepickle.dumps(C) == first
