"""Nesting depth is bounded by memory, never by the recursion limit or the thread's stack."""

import gc
import io
import pickle
import sys
import threading

import codepickle
import pytest

#: A stack of 8 MiB has 33 bytes for each level: no recursion gets there.
DEPTH = 250_000


class Node:
    def __init__(self, following):
        self.following = following


class SlotNode:
    __slots__ = ("following",)

    def __init__(self, following):
        self.following = following


class ReducingNode:
    """Reaches the next one before it is memoised itself."""

    def __init__(self, following):
        self.following = following

    def __reduce__(self):
        return ReducingNode, (self.following,)


class StateNode:
    def __init__(self, following):
        self.following = following

    def __getstate__(self):
        return (self.following, "state")

    def __setstate__(self, state):
        self.following = state[0]


class ListNode(list):
    @property
    def following(self):
        return self[0] if self else None


def chain(cls, depth=DEPTH):
    head = None
    for _ in range(depth):
        head = cls(head)
    return head


def length(head):
    n = 0
    while head is not None:
        head = head.following
        n += 1
    return n


def unlink(head):
    """Old Pythons recurse when they free a long chain of slots."""
    while head is not None:
        head.following, head = None, head.following


def dump_to_file(obj):
    file = io.BytesIO()
    codepickle.Pickler(file).dump(obj)
    return file.getvalue()


@pytest.fixture(params=[codepickle.dumps, dump_to_file], ids=["dumps", "Pickler"])
def dumps(request):
    return request.param


def nested(make):
    obj = make(None)
    for _ in range(DEPTH):
        obj = make(obj)
    return obj


@pytest.mark.parametrize(
    "make, inner",
    [
        (lambda obj: [obj], lambda obj: obj[0]),
        (lambda obj: (obj,), lambda obj: obj[0]),
        (lambda obj: (1, 2, obj, 4), lambda obj: obj[2]),
        (lambda obj: {"key": obj}, lambda obj: obj["key"]),
        (lambda obj: {1: 1, 2: obj}, lambda obj: obj[2]),
    ],
    ids=["list", "tuple", "long tuple", "dict of one", "dict"],
)
def test_nested_containers(make, inner, dumps):
    loaded = pickle.loads(dumps(nested(make)))
    for _ in range(DEPTH + 1):
        loaded = inner(loaded)
    assert loaded is None


def test_nested_frozensets(dumps):
    depth = 100_000  # a frozenset's hash looks at its items only, but comparing two recurses
    obj = frozenset()
    for _ in range(depth):
        obj = frozenset([obj])
    loaded = pickle.loads(dumps(obj))
    for _ in range(depth):
        (loaded,) = loaded
    assert loaded == frozenset()


@pytest.mark.parametrize("cls", [Node, SlotNode, ReducingNode, StateNode])
def test_linked_instances(cls, dumps):
    head = chain(cls)
    data = dumps(head)
    loaded = pickle.loads(data)
    assert length(loaded) == DEPTH
    unlink(head)
    unlink(loaded)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol(protocol):
    depth = 200_000
    obj = None
    for i in range(depth):
        obj = ([obj], (obj, i), {"k": obj}, ReducingNode(obj))[i % 4]
    loaded = pickle.loads(codepickle.dumps(obj, protocol))
    for i in reversed(range(depth)):
        if i % 4 == 2:
            loaded = loaded["k"]
        elif i % 4 == 3:
            loaded = loaded.following
        else:
            loaded = loaded[0]
    assert loaded is None


def test_small_stack(dumps):
    """A thread with the smallest stack that Python itself can live with."""
    result = []
    old = threading.stack_size(512 * 1024)
    try:
        thread = threading.Thread(target=lambda: result.append(dumps(nested(lambda obj: [obj]))))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(old)
    assert len(result) == 1


def test_low_recursion_limit(dumps):
    obj = nested(lambda obj: [obj])
    frame, used = sys._getframe(), 0
    while frame is not None:
        frame, used = frame.f_back, used + 1
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(used + 60)  # 3.8 wants 50 of them for itself
    try:
        data = dumps(obj)
    finally:
        sys.setrecursionlimit(limit)
    assert len(data) > DEPTH


def test_failure_at_the_bottom(dumps):
    """An error a million levels down comes up with a path of bounded length, and nothing leaks."""

    class Failing:
        def __reduce__(self):
            raise LookupError("the bottom")

    bottom = Failing()
    obj = bottom
    for _ in range(DEPTH):
        obj = [obj]
    references = sys.getrefcount(bottom)
    with pytest.raises(LookupError, match="the bottom") as caught:
        dumps(obj)
    notes = getattr(caught.value, "__notes__", [])
    assert sum(map(len, notes)) < 2000
    del caught
    gc.collect()
    assert sys.getrefcount(bottom) == references
