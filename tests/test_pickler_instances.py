"""Many instances of one class: from the second one on they are written without `__reduce_ex__`, as long as that makes no
difference."""

import io
import pickle

import codepickle
import pytest


class Point:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = object.__hash__


class Slotted:
    __slots__ = ("__private", "x", "y")

    def __init__(self, x=None):
        if x is not None:
            self.x, self.y, self.__private = x, -x, [x]


class WithDict(Slotted):
    pass


class Changed(Point):
    pass


class Changes:
    """Its reduction changes how instances of another class are reduced."""

    def __reduce__(self):
        Changed.__getstate__ = lambda self: {"state": "of another making"}
        return list, ()


def state(obj):
    if isinstance(obj, Slotted):
        slots = [name for name in ("_Slotted__private", "x", "y") if hasattr(obj, name)]
        return {name: getattr(obj, name) for name in slots}, getattr(obj, "__dict__", None)
    return getattr(obj, "__dict__", obj)


def through(obj):
    """`obj` as it comes back from `dumps`; a pickler that asks for persistent ids takes the long way to the same."""

    class Long(codepickle.Pickler):
        def persistent_id(self, obj):
            return None

    file = io.BytesIO()
    Long(file, 4).dump(obj)
    short = pickle.loads(codepickle.dumps(obj))
    assert [state(each) for each in short] == [state(each) for each in pickle.loads(file.getvalue())]
    assert [type(each) for each in short] == [type(each) for each in obj]
    return short


def points(**attributes):
    return [Point(number=number, name="point %d" % number, **attributes) for number in range(5)]


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"number": 1},
        {"another": 1, "number": 2},
        {"__reduce_ex__": "no method"},
        {"__getstate__": "no method"},
        {"__wrapped__": 1},
        {"nested": [{"deep": [Point(deeper=[[[[[[[[[Point(deepest=1)]]]]]]]]])]}]},
    ],
    ids=repr,
)
def test_attributes_that_the_others_do_not_have(other):
    try:
        pickle.dumps(Point(**other), 4)
    except TypeError:
        # 'str' object is not callable: so with all of them, not with the first one only.
        with pytest.raises(TypeError):
            codepickle.dumps(points() + [Point(**other)])
        return
    values = points() + [Point(**other)] + points()
    assert through(values) == values


def test_names_that_are_no_strings():
    odd = Point()
    odd.__dict__[5] = 6
    assert state(through(points() + [odd] + points())[5]) == {5: 6}


@pytest.mark.parametrize("kind", [Slotted, WithDict])
def test_slots(kind):
    values = [kind(number) for number in range(1, 6)] + [kind()] + [kind(7)]
    assert [state(each) for each in through(values)] == [state(each) for each in values]


def test_shared_and_recursive_attributes():
    values = points(shared=[1])
    for value in values:
        value.all = values
    back = pickle.loads(codepickle.dumps(values))
    assert all(each.all is back and each.shared is back[0].shared for each in back)
    values = points()
    back = pickle.loads(codepickle.dumps([values, [each.__dict__ for each in values]]))
    assert all(each.__dict__ == attributes for each, attributes in zip(*back))


def test_a_class_that_changes_meanwhile():
    values = [Changed(number=number) for number in range(5)]
    try:
        back = pickle.loads(codepickle.dumps([*values, Changes(), *[Changed(number=7) for _ in range(3)]]))
    finally:
        del Changed.__getstate__
    assert [state(each) for each in back[:5]] == [{"number": number} for number in range(5)]
    assert [state(each) for each in back[6:]] == [{"state": "of another making"}] * 3


def test_the_path_of_an_error_goes_through_attributes():
    values = points()
    values[3].lock = [iter(lambda: 1, 2), __import__("threading").Lock()]
    with pytest.raises(TypeError, match=r"payload\[3\]\.lock\[1\]"):
        codepickle.dumps(values)
