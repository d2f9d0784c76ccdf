"""Exceptions from anywhere come out unchanged, say where they arose, and leave the pickler usable."""

import copyreg
import io
import pickle
import sys
import threading

import codepickle
import pytest
from codepickle._errors import UnpicklableError

LOCK_TYPE = type(threading.Lock())


class Boom(Exception):
    pass


class Model:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class Slots:
    __slots__ = ("attribute",)

    def __init__(self, attribute):
        self.attribute = attribute


class Args:
    def __init__(self, *args):
        self.args = args

    def __reduce__(self):
        return Args, self.args


def dump_to_file(obj, protocol=None):
    file = io.BytesIO()
    codepickle.Pickler(file, protocol).dump(obj)
    return file.getvalue()


@pytest.fixture(params=[codepickle.dumps, dump_to_file], ids=["dumps", "Pickler"])
def dumps(request):
    return request.param


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "wrap, path",
    [
        (lambda x: [0, x], "payload[1]"),
        (lambda x: (0, [x]), "payload[1][0]"),
        (lambda x: {"key": x}, "payload['key']"),
        (lambda x: {1: 2, 3: {"a": x}}, "payload[3]['a']"),
        (lambda x: Model(hook=x), "payload.hook"),
        (lambda x: {"model": Model(a=1, hook=[x])}, "payload['model'].hook[0]"),
        (lambda x: Args(1, x), "payload.__reduce__()[1][1]"),
    ],
)
def test_path_to_what_cannot_be_pickled(dumps, protocol, wrap, path):
    with pytest.raises(UnpicklableError) as caught:
        dumps(wrap(threading.Lock()), protocol)
    text = str(caught.value)
    assert "pickle" in text and "lock" in text
    assert text.endswith(": %s -> %s.%s" % (path, LOCK_TYPE.__module__, LOCK_TYPE.__name__))
    assert type(caught.value.__cause__) is TypeError
    # Users of pickle and of cloudpickle catch either.
    assert isinstance(caught.value, pickle.PicklingError) and isinstance(caught.value, TypeError)


def test_path_through_slots(dumps):
    with pytest.raises(UnpicklableError, match=r": payload\.attribute -> "):
        dumps(Slots(threading.Lock()))


def test_no_path_at_the_root(dumps):
    with pytest.raises(UnpicklableError) as caught:
        dumps(threading.Lock())
    assert "payload" not in str(caught.value)


def test_long_paths_are_cut(dumps):
    obj = threading.Lock()
    for _ in range(1000):
        obj = ["x" * 1000, {"k" * 1000: obj}]
    with pytest.raises(UnpicklableError) as caught:
        dumps(obj)
    assert "more) ..." in str(caught.value)
    assert len(str(caught.value)) < 5000


class Raising:
    """Raises its exception when it is pickled."""

    def __init__(self, error):
        self.error = error

    def __reduce__(self):
        raise self.error


class RaisingRepr(Raising):
    def __repr__(self):
        raise RuntimeError("no repr")

    def __hash__(self):
        return 1


@pytest.mark.parametrize(
    "error", [Boom("x"), TypeError("cannot pickle 'mine' object"), KeyboardInterrupt(), SystemExit(3)]
)
def test_exceptions_keep_their_identity(dumps, error):
    with pytest.raises(type(error)) as caught:
        dumps({"a": [Raising(error)]})
    assert caught.value is error
    if sys.version_info >= (3, 11):
        assert "payload['a'][0]" in "".join(error.__notes__)


def test_repr_of_a_key_fails(dumps):
    error = Boom()
    with pytest.raises(Boom) as caught:
        dumps({RaisingRepr(error): 1})
    assert caught.value is error


def graph(protocol):
    """Something of everything; `copyreg` has nothing for slots before protocol 2."""
    shared = ["shared", 1.5, None]
    return {
        "list": [shared, shared, (1, 2, 3, "four")],
        "set": {1, 2, 3},
        "frozen": frozenset(["a"]),
        "model": Model(a=shared, b=b"bytes", c=Args(1, [2])),
        "slots": Slots({"deep": Slots(None)}) if protocol >= 2 else None,
        "complex": 1j,
        "class": Model,
        "function": len,
        "big": 2**100,
        "bytearray": bytearray(b"x"),
    }


def check(data):
    loaded = pickle.loads(data)
    assert loaded["list"][0] is loaded["list"][1] is loaded["model"].a
    assert loaded["set"] == {1, 2, 3} and loaded["class"] is Model


class CountingPickler(codepickle.Pickler):
    """Raises at the n-th call of any hook."""

    countdown = 0

    def tick(self):
        self.countdown -= 1
        if self.countdown == 0:
            raise Boom(self.countdown)

    def persistent_id(self, obj):
        self.tick()
        return None

    def reducer_override(self, obj):
        self.tick()
        return NotImplemented


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_hooks_raise_at_every_point(protocol):
    at = 0
    while True:
        at += 1
        file = io.BytesIO()
        pickler = CountingPickler(file, protocol)
        pickler.countdown = at
        try:
            pickler.dump(graph(protocol))
        except Boom:
            # Usable: with a new memo the next dump is complete.
            pickler.clear_memo()
            file.seek(0)
            file.truncate()
            pickler.dump(graph(protocol))
            check(file.getvalue())
        else:
            assert at > 30
            return


class FailingFile:
    def __init__(self, countdown):
        self.countdown = countdown
        self.chunks = []

    def write(self, data):
        self.countdown -= 1
        if self.countdown == 0:
            raise Boom
        self.chunks.append(bytes(data))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "dump", [codepickle.dump, lambda obj, file, protocol: codepickle.Pickler(file, protocol).dump(obj)]
)
def test_writes_fail_at_every_point(dump, protocol):
    obj = [list(map(str, range(30_000))), b"x" * 100_000, "y" * 100_000, graph(protocol)]
    for at in range(1, 100):
        file = FailingFile(at)
        try:
            dump(obj, file, protocol)
        except Boom:
            continue
        assert at > 1
        assert pickle.loads(b"".join(file.chunks))[0] == obj[0]
        return
    pytest.fail("never done")


def test_failed_dump_leaves_no_bytes_behind():
    file = io.BytesIO()
    pickler = codepickle.Pickler(file)
    with pytest.raises(Boom):
        pickler.dump([1, 2, Raising(Boom())])
    assert file.getvalue() == b""
    pickler.dump([3])
    assert pickle.loads(file.getvalue()) == [3]


def test_dispatch_table_that_raises():
    class Table(dict):
        def __getitem__(self, key):
            raise Boom

    pickler = codepickle.Pickler(io.BytesIO())
    pickler.dispatch_table = Table()
    with pytest.raises(Boom):
        pickler.dump(1j)


def test_attribute_hooks_that_raise():
    class Pickler(codepickle.Pickler):
        @property
        def persistent_id(self):
            raise Boom

    with pytest.raises(Boom):
        Pickler(io.BytesIO()).dump(1)


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        (),
        (list,),
        (list, (), None, None, None, None, None),
        (7, ()),
        (list, []),
        (list, (), None, 7),
        (list, (), None, []),
        (dict, (), None, None, 7),
        (dict, (), None, None, [(1, 2)]),
        (copyreg.__newobj__, ()),
        (copyreg.__newobj__, (7,)),
        (copyreg.__newobj__, (dict,)),
        (copyreg.__newobj_ex__, (dict, ())),
        (copyreg.__newobj_ex__, (dict, [], {})),
        (copyreg.__newobj_ex__, (dict, (), [])),
        "no such name",
        "no.such.name",
        "",
    ],
)
def test_bad_reduce_values(dumps, value):
    class Bad:
        def __reduce__(self):
            return value

    Bad.__qualname__ = "Bad"
    with pytest.raises((pickle.PicklingError, TypeError, ValueError, AttributeError)):
        dumps([Bad()])


@pytest.mark.parametrize("items", [[1], [(1, 2, 3)], [(1, 2), 3], [(1, 2), (3, 4), [5, 6]]])
def test_bad_dict_items(dumps, items):
    class Bad:
        def __reduce__(self):
            return dict, (), None, None, iter(items)

    with pytest.raises(TypeError, match="dict items iterator must return 2-tuples"):
        dumps([Bad()])


class Endless:
    """Refers to a new one of its kind, which CPython stops when its stack is used up."""

    def __init__(self, part):
        self.part = part

    def __reduce__(self):
        new = Endless(self.part)
        return {
            "args": (Endless, (new,)),
            "list in args": (Endless, ([1, [new]],)),
            "state": (Endless, (1,), {"new": new}),
            "tuple state": (Endless, (1,), (None, {"new": new})),
            "newobj": (copyreg.__newobj__, (Endless, new)),
        }[self.part]


@pytest.mark.parametrize("part", ["args", "list in args", "state", "tuple state", "newobj"])
def test_endless_reduce_is_stopped(dumps, part):
    with pytest.raises(RecursionError):
        dumps(Endless(part))


def test_many_new_objects_side_by_side(dumps):
    class Wide:
        def __reduce__(self):
            return list, ([Args(Args(i)) for i in range(150_000)],)

    assert len(pickle.loads(dumps(Wide()))) == 150_000


def test_not_initialized():
    class Pickler(codepickle.Pickler):
        def __init__(self):
            pass

    with pytest.raises(pickle.PicklingError, match=r"Pickler.__init__\(\) was not called by Pickler.__init__\(\)"):
        Pickler().dump(1)


@pytest.mark.parametrize(
    "function", [lambda **k: codepickle.dumps(1, **k), lambda **k: codepickle.Pickler(io.BytesIO(), **k)]
)
def test_bad_arguments(function):
    with pytest.raises(ValueError, match="pickle protocol must be <= %d" % pickle.HIGHEST_PROTOCOL):
        function(protocol=pickle.HIGHEST_PROTOCOL + 1)
    with pytest.raises(ValueError, match="buffer_callback needs protocol >= 5"):
        function(protocol=4, buffer_callback=print)
    with pytest.raises(TypeError):
        function(protocol="4")
    with pytest.raises(TypeError, match="file must have a 'write' attribute"):
        codepickle.Pickler(object())
    with pytest.raises(TypeError, match="file must have a 'write' attribute"):
        codepickle.dump(1, object())
