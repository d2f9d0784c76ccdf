"""Any data comes back as `pickle` brings it back, in every protocol and both modes."""

import collections
import datetime
import decimal
import enum
import fractions
import io
import pickle
import pickletools
import uuid

import codepickle
import pytest

hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies

# From 2 on: there is nothing for slots before.
PROTOCOLS = st.integers(2, pickle.HIGHEST_PROTOCOL)
OLD_PROTOCOLS = st.integers(0, 1)

settings = hypothesis.settings(max_examples=300, deadline=None, suppress_health_check=list(hypothesis.HealthCheck))


class Point:
    def __init__(self, x=None):
        self.x = x

    def __eq__(self, other):
        return type(other) is Point and self.x == other.x

    __hash__ = None


class Slotted:
    __slots__ = ("a", "b")

    def __eq__(self, other):
        return type(other) is Slotted and getattr(self, "a", None) == getattr(other, "a", None)

    __hash__ = None


class Items(list):
    pass


class Map(dict):
    pass


class Color(enum.Enum):
    RED = 1
    GREEN = "green"


Pair = collections.namedtuple("Pair", "left right")


def slotted(value):
    obj = Slotted()
    obj.a = value
    return obj


atoms = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text()
    | st.text(st.characters(), max_size=5)
    | st.binary()
    | st.complex_numbers(allow_nan=False)
    | st.sampled_from([int, len, Color.RED, Color.GREEN, Ellipsis, NotImplemented, type(None)])
    | st.booleans().map(lambda text: "x" * 70_000 if text else b"y" * 70_000)
    | st.builds(fractions.Fraction, st.integers())
    | st.decimals(allow_nan=False)
    | st.datetimes()
    | st.uuids()
)
hashable = st.recursive(
    atoms,
    lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3) | st.builds(Pair, inner, inner),
    max_leaves=5,
)
old_data = st.recursive(
    hashable | st.builds(bytearray, st.binary()),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(hashable, inner, max_size=4) | st.builds(Point, inner),
    max_leaves=30,
)
data = st.recursive(
    hashable | st.builds(bytearray, st.binary()),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.tuples(inner)
        | st.tuples(inner, inner, inner, inner)
        | st.dictionaries(hashable, inner, max_size=4)
        | st.sets(hashable, max_size=4)
        | st.builds(Point, inner)
        | st.builds(slotted, inner)
        | st.builds(Items, st.lists(inner, max_size=3))
        | st.builds(Map, st.dictionaries(hashable, inner, max_size=3))
        | st.builds(collections.OrderedDict, st.dictionaries(hashable, inner, max_size=3))
        | st.builds(collections.deque, st.lists(inner, max_size=3))
        | st.builds(lambda x: [x, x, (x, [x])], inner)
    ),
    max_leaves=30,
)


def stream(obj, protocol):
    file = io.BytesIO()
    codepickle.Pickler(file, protocol).dump(obj)
    return file.getvalue()


def file(obj, protocol):
    file = io.BytesIO()
    codepickle.dump(obj, file, protocol)
    return file.getvalue()


def shape(obj):
    """Which parts are one object: the positions of the first meeting in a walk of containers."""
    seen, found = {}, []

    def walk(obj):
        if not isinstance(obj, (list, dict, Point, Slotted, collections.deque)):
            return
        if id(obj) in seen:
            found.append(seen[id(obj)])
            return
        seen[id(obj)] = len(seen)
        found.append(-1)
        if isinstance(obj, dict):
            for value in obj.values():
                walk(value)
        elif isinstance(obj, (list, collections.deque)):
            for value in obj:
                walk(value)
        else:
            walk(getattr(obj, "x", None) if isinstance(obj, Point) else obj.a)

    walk(obj)
    return found


@settings
@hypothesis.given(data, PROTOCOLS, st.sampled_from([codepickle.dumps, file, stream]))
def test_round_trip(obj, protocol, dumps):
    check_round_trip(obj, protocol, dumps)


@settings
@hypothesis.given(old_data, OLD_PROTOCOLS, st.sampled_from([codepickle.dumps, file, stream]))
def test_round_trip_in_old_protocols(obj, protocol, dumps):
    check_round_trip(obj, protocol, dumps)


def check_round_trip(obj, protocol, dumps):
    payload = dumps(obj, protocol)
    loaded = pickle.loads(payload)
    assert loaded == obj
    assert type(loaded) is type(obj)
    assert loaded == pickle.loads(pickle.dumps(obj, protocol))
    assert shape(loaded) == shape(obj)
    assert pickle._loads(payload) == obj
    assert max(opcode.proto for opcode, _, _ in pickletools.genops(payload)) <= protocol


@settings
@hypothesis.given(data, PROTOCOLS)
def test_dump_writes_what_dumps_returns(obj, protocol):
    assert file(obj, protocol) == codepickle.dumps(obj, protocol)


@settings
@hypothesis.given(data, PROTOCOLS)
def test_dumps_is_never_larger(obj, protocol):
    # Without headers of frames: sets are in another order there, and what is large in them parts frames elsewhere.
    assert unframed(codepickle.dumps(obj, protocol)) <= unframed(stream(obj, protocol))


def unframed(payload):
    frames = sum(opcode.name == "FRAME" for opcode, _, _ in pickletools.genops(payload))
    return len(payload) - 9 * frames


@settings
@hypothesis.given(data)
def test_equal_data_gives_equal_bytes(obj):
    payload = codepickle.dumps(obj)
    assert codepickle.dumps(pickle.loads(payload)) == payload


def check_frames(payload):
    """Frames lie side by side and no opcode crosses the end of one."""
    end = None
    for opcode, argument, position in pickletools.genops(payload):
        if end is not None and position >= end:
            assert position == end, "an opcode crosses the end of a frame"
            end = None
        if opcode.name == "FRAME":
            assert end is None, "a frame in a frame"
            end = position + 9 + argument
    assert end is None or end == len(payload)


@hypothesis.settings(max_examples=50, deadline=None)
@hypothesis.given(
    st.lists(st.sampled_from([1, 1000, 65_535, 65_536, 70_000, 200_000]), max_size=8),
    st.integers(0, 40_000),
    st.sampled_from([codepickle.dumps, file, stream]),
)
def test_frames(sizes, count, dumps):
    obj = [[bytes([i]) * size, str(i) * size] for i, size in enumerate(sizes)]
    obj.append([[i] for i in range(count)])
    obj.append([obj[-1][0] if count else None] * count)
    for protocol in range(4, pickle.HIGHEST_PROTOCOL + 1):
        payload = dumps(obj, protocol)
        check_frames(payload)
        assert pickle.loads(payload) == obj


@pytest.mark.parametrize("dumps", [codepickle.dumps, file, stream])
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_recursive(dumps, protocol):
    obj = []
    obj.append(obj)
    assert (lambda x: x is x[0])(pickle.loads(dumps(obj, protocol)))
    obj = ([],)
    obj[0].append(obj)
    assert (lambda x: x is x[0][0])(pickle.loads(dumps(obj, protocol)))
    obj = (1, 2, 3, 4, {})
    obj[4]["me"] = obj
    assert (lambda x: x is x[4]["me"])(pickle.loads(dumps(obj, protocol)))
    point = Point()
    point.x = {"deep": (point,)}
    assert (lambda x: x is x.x["deep"][0])(pickle.loads(dumps(point, protocol)))


@pytest.mark.parametrize(
    "obj", [datetime.timedelta(1), decimal.Decimal("1.50"), uuid.UUID(int=5), range(3), slice(1, 2)]
)
def test_library(obj):
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(codepickle.dumps(obj, protocol)) == obj
