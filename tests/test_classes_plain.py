"""Classes by value: attributes, slots, metaclasses, hooks, descriptors."""

import abc
import functools
import weakref

import codepickle
import pytest
from helpers import evaluate_elsewhere


def elsewhere(obj, expression):
    return evaluate_elsewhere(codepickle.dumps(obj), "(%s)" % expression)


def test_attributes_keep_their_order_and_kind():
    class Point:
        """A point."""

        zero = 0
        hint: int

        def method(self):
            return self.zero, self.__private()

        def __private(self):
            return "private"

        @staticmethod
        def static():
            return "static"

        @classmethod
        def of_class(cls):
            return cls.__name__

        @property
        def value(self):
            return self._value

        @value.setter
        def value(self, value):
            self._value = value

    Point.itself = Point
    names = ["zero", "method", "_Point__private", "static", "of_class", "value", "itself"]
    found = "[name for name in vars(obj) if not name.startswith('__')]"
    assert elsewhere(Point, found) == names
    assert elsewhere(Point, "obj().method(), obj.static(), obj.of_class(), obj.__doc__, obj.itself is obj") == (
        (0, "private"),
        "static",
        "Point",
        "A point.",
        True,
    )
    assert elsewhere(Point, "obj.__annotations__ == {'hint': int}")


def test_nothing_that_one_version_generates_travels():
    class C:
        hint: int

        def method(self):
            self.x = 1

    data = codepickle.dumps(C)
    for name in (b"__static_attributes__", b"__firstlineno__", b"__annotate", b"__dict__", b"__weakref__"):
        assert name not in data


@pytest.mark.parametrize(
    "slots", [["a", "__b"], ("a", "__b"), {"a": "doc", "__b": None}], ids=["list", "tuple", "dict"]
)
def test_slots(slots):
    class C:
        __slots__ = slots

        def fill(self):
            self.a, self.__b = 1, 2
            return self.a, self.__b

    assert elsewhere(C, "(obj().fill(), hasattr(obj(), '__dict__'))") == ((1, 2), False)


def test_one_slot_given_as_text_and_slots_beside_a_dict():
    class One:
        __slots__ = "only"

    class Both:
        __slots__ = ("__dict__", "__weakref__", "a")

    assert elsewhere((One, Both), "hasattr(obj[0](), '__dict__'), hasattr(obj[1](), '__dict__')") == (False, True)
    assert elsewhere(Both, "[__import__('weakref').ref(o)() is o for o in [obj()]]") == [True]


def test_the_effects_of_init_subclass_travel_and_it_does_not_run_again():
    seen = []

    class Base:
        def __init_subclass__(cls, **kwargs):
            seen.append((cls.__name__, kwargs))

    class Derived(Base, key=1):
        pass

    payload = Base, Derived, seen
    assert elsewhere(payload, "obj[2]") == [("Derived", {"key": 1})]
    assert elsewhere(payload, "(type('Later', (obj[0],), {}), obj[2])[1]") == [("Derived", {"key": 1}), ("Later", {})]


def test_a_metaclass_does_not_run_again():
    class Meta(type):
        made = 0

        def __new__(meta, name, bases, namespace, **kwargs):
            Meta.made += 1
            return super().__new__(meta, name, bases, namespace)

        def __init__(cls, name, bases, namespace, *, needed):
            super().__init__(name, bases, namespace)

        def __setattr__(cls, name, value):
            raise AttributeError(name)

        def hello(cls):
            return cls.__name__

    class C(metaclass=Meta, needed=1):
        x = 1

    # Meta.__setattr__ guards the instances of Meta, not Meta.
    assert elsewhere((Meta, C), "obj[0].made, obj[1].hello(), obj[1].x, type(obj[1]) is obj[0]") == (1, "C", 1, True)


def test_set_name_does_not_run_again():
    class Field:
        names = []

        def __set_name__(self, owner, name):
            Field.names.append(name)
            self.name = name

        def __get__(self, instance, owner):
            return self.name

    class C:
        field = Field()

    assert elsewhere((C, Field), "obj[0].field, obj[1].names") == ("field", ["field"])


def test_abstract_classes():
    class Shape(abc.ABC):
        @abc.abstractmethod
        def area(self):
            """Its area."""

    Shape.register(list)

    class Square(Shape):
        def area(self):
            return 4

    class Open(Shape):
        pass

    isinstance(3, Shape)
    expression = "[sorted(c.__abstractmethods__) for c in obj], isinstance([], obj[0]), obj[1]().area()"
    assert elsewhere((Shape, Square, Open), expression) == ([["area"], [], ["area"]], True, 4)


def test_subclasses_of_builtin_descriptors_keep_their_contents():
    class Lazy(property):
        extra = 1

    class C:
        @Lazy
        def value(self):
            return 7

    assert elsewhere(C, "obj().value, type(vars(obj)['value']).__name__") == (7, "Lazy")


def test_functools_on_methods():
    class C:
        def __init__(self, n):
            self.n = n

        def times(self, a, b):
            return self.n * a * b

        six = functools.partialmethod(times, 2, 3)

        @functools.lru_cache(maxsize=7)  # noqa: B019
        def cached(self, k):
            return self.n + k

    assert elsewhere(C, "(obj(2).six(), obj(2).cached(3), obj.cached.cache_info().maxsize)") == (12, 5, 7)


@pytest.mark.skipif(not hasattr(functools, "cached_property"), reason="of 3.8")
def test_cached_property_and_singledispatchmethod():
    class C:
        @functools.cached_property
        def once(self):
            return object()

        @functools.singledispatchmethod
        def kind(self, x):
            return "object"

        @kind.register(int)
        def _(self, x):
            return "int"

    assert elsewhere(C, "[(c.once is c.once, c.kind(1), c.kind('')) for c in [obj()]]") == [(True, "int", "object")]


def test_singledispatch_registers_and_dispatches():
    @functools.singledispatch
    def describe(x):
        return "object"

    @describe.register(list)
    def _(x):
        return [describe(item) for item in x]

    describe(1)
    expression = "obj([1, [2]]), obj.register(str, lambda x: 'str')('') and obj(''), obj.__name__"
    assert elsewhere(describe, expression) == (["object", ["object"]], "str", "describe")


def test_lru_cache_of_a_recursive_function():
    @functools.lru_cache(maxsize=50)
    def fibonacci(n):
        return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

    fibonacci(20)
    expression = "obj.cache_info().currsize, obj(30), obj.__name__, obj.__wrapped__.__name__"
    assert elsewhere(fibonacci, expression) == (0, 832040, "fibonacci", "fibonacci")


def test_a_class_can_be_referred_to_weakly():
    class C:
        pass

    reference = weakref.ref(C)
    codepickle.dumps(C)
    del C
    import gc

    gc.collect()
    assert reference() is None, "a dump keeps the class alive"


def test_a_hook_is_not_taken_for_the_one_that_skips_it():
    from codepickle import _runtime

    class Base:
        def __init_subclass__(cls, **kwargs):
            cls.seen = True

    codepickle.dumps(Base)  # known from now on as a class that travels
    hook = Base.__dict__["__init_subclass__"]
    first = _runtime._without_hooks((Base,), False)
    with first:
        second = _runtime._without_hooks((Base,), False)  # what another thread would make meanwhile
    with second:
        assert Base.__dict__["__init_subclass__"] is not hook
    assert Base.__dict__["__init_subclass__"] is hook
