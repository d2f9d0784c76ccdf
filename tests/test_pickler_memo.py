"""The memo: what a Pickler remembers, what it shows of it, and what dumps() leaves out."""

import io
import pickle
import pickletools
import sys

import codepickle
import pytest

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def names(data):
    return [opcode.name for opcode, _, _ in pickletools.genops(data)]


def test_memo_is_shared_between_dumps():
    file = io.BytesIO()
    pickler = codepickle.Pickler(file)
    shared = ["spam"]
    pickler.dump(shared)
    pickler.dump([shared])
    file.seek(0)
    unpickler = pickle.Unpickler(file)
    first = unpickler.load()
    assert unpickler.load()[0] is first


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_instance_mode_writes_what_pickle_writes(protocol):
    shared = {"a": [1, "two", 3.0, None, True, b"bytes", "two"]}
    # Up to 3.14, and by us on every version, a last batch of nothing or of one is written like any other.
    batch = 1000 if sys.version_info < (3, 15) else 1002
    objects = [
        [shared, shared, (shared,), (), (1, 2, 3, 4)],
        {i: str(i) for i in range(2500)},
        list(range(3000)),
        {1000: set(range(batch)), 1: frozenset("abc")},
        2**100,
        -(2**63),
        1j,
        "\udc80é\n\\",
        [b"x" * 300, "y" * 300],
        [Ellipsis, NotImplemented, type(None), len, dict.fromkeys, io.UnsupportedOperation],
    ]
    ours, theirs = io.BytesIO(), io.BytesIO()
    our_pickler = codepickle.Pickler(ours, protocol)
    their_pickler = pickle.Pickler(theirs, protocol)
    for obj in objects:
        if protocol < 4 and dict.fromkeys in (obj if isinstance(obj, list) else ()):
            continue  # how older protocols spell it differs between versions of Python
        our_pickler.dump(obj)
        their_pickler.dump(obj)
        assert ours.getvalue() == theirs.getvalue()


def test_attribute():
    pickler = codepickle.Pickler(io.BytesIO())
    obj = ["spam"]
    pickler.dump(obj)
    memo = pickler.memo
    copy = memo.copy()
    assert copy == {id(obj): (0, obj), id(obj[0]): (1, "spam")}
    assert memo.__reduce__() == (dict, (copy,))
    memo.clear()
    assert pickler.memo.copy() == {}


@pytest.mark.parametrize("as_dict", [False, True])
def test_priming(as_dict):
    first = codepickle.Pickler(io.BytesIO())
    obj = ["spam"]
    first.dump(obj)
    file = io.BytesIO()
    second = codepickle.Pickler(file)
    second.memo = first.memo.copy() if as_dict else first.memo
    second.dump(obj)
    assert names(file.getvalue()) == ["PROTO", "BINGET", "STOP"]
    # A copy, not a view.
    first.memo.clear()
    assert id(obj) in second.memo.copy()


def test_bad_memo():
    pickler = codepickle.Pickler(io.BytesIO())
    with pytest.raises(TypeError):
        pickler.memo = object()
    with pytest.raises(TypeError):
        pickler.memo = {1: 2}
    with pytest.raises(TypeError):
        pickler.memo = {1: ("x", None)}
    with pytest.raises((AttributeError, TypeError)):
        del pickler.memo


def test_clear_memo():
    file = io.BytesIO()
    pickler = codepickle.Pickler(file)
    pickler.dump(["spam"])
    first = file.getvalue()
    pickler.clear_memo()
    pickler.dump(["spam"])
    assert file.getvalue() == 2 * first


def test_fast():
    file = io.BytesIO()
    pickler = codepickle.Pickler(file)
    assert not pickler.fast
    pickler.fast = True
    shared = []
    pickler.dump([shared, shared])
    assert not {"MEMOIZE", "BINGET"} & set(names(file.getvalue()))
    cycle = []
    cycle.append({"x": cycle})
    with pytest.raises(ValueError, match="fast mode: can't pickle cyclic objects"):
        pickler.dump(cycle)
    pickler.fast = 0
    pickler.dump(cycle)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_dumps_prunes_the_memo(protocol):
    shared = [1]
    obj = [[], {}, (1, 2), "spam", shared, {"eggs": shared}, 1.5]
    data = codepickle.dumps(obj, protocol)
    found = [name for name in names(data) if "PUT" in name or name == "MEMOIZE"]
    assert len(found) == 1
    loaded = pickle.loads(data)
    assert loaded == obj and loaded[4] is loaded[5]["eggs"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_many_shared(protocol):
    """Numbers of one, two and four bytes."""
    shared = [[i] for i in range(70_000)]
    loaded = pickle.loads(codepickle.dumps([shared, shared[::-1]], protocol))
    assert all(a is b for a, b in zip(loaded[0], loaded[1][::-1]))


@pytest.mark.parametrize("protocol", range(1, pickle.HIGHEST_PROTOCOL + 1))
def test_equal_strings_are_written_once(protocol):
    one, other = "".join(["sp", "am eggs"]), "".join(["spa", "m eggs"])
    assert one is not other
    data = codepickle.dumps([one, other, {one: b"spam eggs"}], protocol)
    # The str, and from protocol 3 on the bytes; before they are made from the str.
    assert data.count(b"spam eggs") == (2 if protocol >= 3 else 1)
    assert pickle.loads(data) == ["spam eggs", "spam eggs", {"spam eggs": b"spam eggs"}]


def test_payload_does_not_depend_on_identity():
    literal = ["interned", "interned", b"constant", b"constant"]
    built = ["".join("interned"), "".join("interned"), bytes(bytearray(b"constant")), bytes(bytearray(b"constant"))]
    assert codepickle.dumps(literal) == codepickle.dumps(built)


@pytest.mark.parametrize(
    "items",
    [
        ["a", "b", "cé"],
        [3, -1, 2**70],
        [b"x", b"y"],
        [1.5, -2.5],
        [None, 1, "a", b"a", (1, "x"), 2.5, frozenset("abc"), int, len],
    ],
)
def test_sets_are_written_in_order(items):
    one = set(items)
    other = set()
    for item in reversed(items):
        other.add(item)
    for i in range(1000):
        other.add((i,))
    for i in range(1000):
        other.discard((i,))
    assert codepickle.dumps(one) == codepickle.dumps(other)
    assert pickle.loads(codepickle.dumps(frozenset(one))) == one
