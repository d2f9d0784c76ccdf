"""Instances of the standard library, and exceptions with what hangs on them; tests/stdlib has all versions' part."""

import copyreg
import io
import itertools
import pickle
import sys
import threading
import types
import warnings

import codepickle
import pytest
from helpers import evaluate_elsewhere

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def again(obj, **options):
    return pickle.loads(codepickle.dumps(obj, **options))


def chained():
    try:
        try:
            {}["k"]
        except KeyError as error:
            raise ValueError("bad") from error
    except ValueError as error:
        return error


class Mine(Exception):
    """An error of the user's, with an attribute."""

    def __init__(self, code):
        super().__init__("code %d" % code)
        self.code = code

    def __reduce__(self):
        return type(self), (self.code,)


class TestCause:
    @pytest.mark.parametrize("protocol", PROTOCOLS)
    def test_every_protocol(self, protocol):
        error = again(chained(), protocol=protocol)
        assert repr(error) == "ValueError('bad')" and repr(error.__cause__) == "KeyError('k')"
        assert error.__suppress_context__ and error.__traceback__ is None and error.__cause__.__traceback__ is None

    def test_pickler(self):
        file = io.BytesIO()
        codepickle.Pickler(file).dump(chained())
        assert repr(pickle.loads(file.getvalue()).__cause__) == "KeyError('k')"

    def test_without_the_package(self):
        payload = codepickle.dumps(chained())
        assert evaluate_elsewhere(payload, "repr(obj.__cause__)", flags=["-I"]) == "KeyError('k')"

    def test_nothing_is_added_to_an_error_without(self):
        assert codepickle.dumps(ValueError("x")) == codepickle.dumps(ValueError("x").with_traceback(None))
        assert b"setattr" not in codepickle.dumps(ValueError("x"))

    def test_cycle(self):
        first, second = ValueError(1), ValueError(2)
        first.__cause__, second.__cause__ = second, first
        first.__context__, second.me = first, second
        loaded = again(first)
        assert loaded.__cause__.__cause__ is loaded and loaded.__cause__.me is loaded.__cause__

    def test_shared_with_the_payload(self):
        error = chained()
        loaded, cause = again([error, error.__cause__])
        assert loaded.__cause__ is cause
        cause, loaded = again([error.__cause__, error])
        assert loaded.__cause__ is cause

    def test_long_chain(self):
        first = error = ValueError(0)
        for number in range(1, 3000):
            error.__cause__ = ValueError(number)
            error = error.__cause__
        loaded = again(first)
        for _ in range(2999):
            loaded = loaded.__cause__
        assert loaded.args == (2999,) and loaded.__cause__ is None

    def test_suppressed_context_stays_out(self):
        error = ValueError("x")
        error.__context__, error.__suppress_context__ = KeyError("hidden"), True
        loaded = again(error)
        assert loaded.__context__ is None and loaded.__suppress_context__
        assert b"hidden" not in codepickle.dumps(error)

    def test_what_cannot_be_pickled_ends_the_chain(self):
        error = chained()
        error.__cause__.__cause__ = ValueError(threading.Lock())
        loaded = again(error)
        assert repr(loaded.__cause__) == "KeyError('k')" and loaded.__cause__.__cause__ is None

    def test_own_arguments_are_not_dropped(self):
        with pytest.raises(pickle.PicklingError, match="lock"):
            codepickle.dumps(ValueError(threading.Lock()))

    def test_reduced_by_the_user(self):
        error = Mine(3)
        error.__cause__ = KeyError("k")
        loaded = again(error)
        assert loaded.code == 3 and repr(loaded.__cause__) == "KeyError('k')"

    def test_what_a_factory_makes_is_left_alone(self):
        class Singleton(Exception):
            def __reduce__(self):
                return str, ("not an error",)

        error = Singleton()
        error.__cause__ = KeyError("k")
        assert again(error) == "not an error"

    def test_a_table_of_the_user_goes_first(self):
        class Pickler(codepickle.Pickler):
            dispatch_table = copyreg.dispatch_table.copy()

        Pickler.dispatch_table[ValueError] = lambda error: (ValueError, ("mine",))
        file = io.BytesIO()
        Pickler(file).dump(chained())
        loaded = pickle.loads(file.getvalue())
        assert loaded.args == ("mine",) and loaded.__cause__ is None

    def test_hooks_see_the_cause(self):
        class Pickler(codepickle.Pickler):
            def reducer_override(self, obj):
                return (str, ("lock",)) if isinstance(obj, type(threading.Lock())) else NotImplemented

        error = ValueError("x")
        error.__cause__ = KeyError(threading.Lock())
        file = io.BytesIO()
        Pickler(file).dump(error)
        assert pickle.loads(file.getvalue()).__cause__.args == ("lock",)

    def test_notes_and_groups(self):
        error = chained()
        error.__notes__ = ["a"]
        assert again(error).__notes__ == ["a"]
        if sys.version_info >= (3, 11):
            group = again(ExceptionGroup("g", [error]))  # noqa: F821
            assert repr(group.exceptions[0].__cause__) == "KeyError('k')"


class Missing(AttributeError):
    """Leaves pickling to its base."""


class Special(AttributeError):
    """Does not."""

    def __reduce__(self):
        return type(self), ("own",)


def test_subclasses_of_errors_that_3_12_gave_more_state():
    error = Missing("x")
    error.name, error.obj, error.more = "n", threading.Lock(), [1]
    loaded = again(error)
    assert (loaded.args, loaded.name, loaded.more) == (("x",), "n", [1])
    assert getattr(loaded, "obj", None) is None
    assert again(Special("x")).args == ("own",)


def test_group_where_there_are_none(monkeypatch):
    payload = b"\x80\x04ccodepickle._runtime\ng\n(X\x08\x00\x00\x00builtinsX\x09\x00\x00\x00NoSuchErrtR."
    with pytest.raises(codepickle.LoadError, match=r"needs builtins.NoSuchErr, .* package exceptiongroup"):
        pickle.loads(payload)
    backport = types.ModuleType("exceptiongroup")
    backport.NoSuchErr = Mine
    monkeypatch.setitem(sys.modules, "exceptiongroup", backport)
    assert pickle.loads(payload) is Mine


def test_reducers_are_for_the_library_alone():
    """A user's class in a module of the library's name keeps its own way."""

    class Fraction:
        def __init__(self):
            self.numerator, self.denominator = 1, 2

        def __reduce__(self):
            return str, ("mine",)

    Fraction.__module__ = "fractions"
    Fraction.__qualname__ = "Fraction"
    assert again(Fraction()) == "mine"


def test_system_values_are_those_of_the_receiver():
    assert again(sys.version_info) is sys.version_info
    with pytest.raises(pickle.PicklingError, match="'version_info': it is built in"):
        codepickle.dumps(type(sys.version_info))


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="itertools cannot be taken apart")
@pytest.mark.parametrize("steps", range(8))
def test_iterators_go_on_where_they_were(steps):
    def made():
        yield itertools.cycle([1, 2, 3])
        yield itertools.cycle(range(1))
        yield itertools.chain([1], [2, 3], [], [4])
        yield itertools.chain.from_iterable([[1, 2], [3]])
        yield itertools.islice(range(20), 2, 12, 3)
        yield itertools.islice(range(20), 3, None)
        yield itertools.islice([1, 2], 1)
        yield itertools.takewhile(bool, [1, 2, 0, 3])
        yield itertools.dropwhile(bool, [1, 0, 3, 4])
        yield itertools.accumulate([1, 2, 3, 4])
        yield itertools.accumulate([None, 2, 3], lambda a, b: b)
        yield itertools.zip_longest("abc", "d", fillvalue=0)
        yield itertools.count(3, 2)
        yield iter(range(5))

    for iterator in made():
        for _ in range(steps):
            next(iterator, None)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            loaded = again(iterator)
        rest = list(itertools.islice(iterator, 12))
        assert list(itertools.islice(loaded, 12)) == rest, type(iterator)


def test_cycle_that_was_loaded_in_its_first_round():
    iterator = itertools.cycle(iter([1, 2, 3]))
    if hasattr(iterator, "__setstate__"):
        next(iterator)
        loaded = again(again(iterator))
        assert [next(loaded) for _ in range(7)] == [2, 3, 1, 2, 3, 1, 2]
