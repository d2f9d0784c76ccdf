"""Containers and what goes with them."""

import array
import collections
import itertools
import operator
import queue
import types
import weakref

from table import entry, refused

Point = collections.namedtuple("Point", "x y")


class Thing:
    """Something to refer to weakly."""


KEPT = Thing()

entry("deque", lambda: collections.deque([1, 2], 3), lambda d: d == collections.deque([1, 2]) and d.maxlen == 3)
entry("deque_unbound", lambda: collections.deque("ab"))
entry("counter", lambda: collections.Counter("abca"), lambda c: c.most_common(1) == [("a", 2)] and c["z"] == 0)
entry("ordered_dict", lambda: collections.OrderedDict([("b", 1), ("a", 2)]), lambda d: list(d) == ["b", "a"])
entry("defaultdict", lambda: collections.defaultdict(list, a=[1]), lambda d: d["z"] == [] and d["a"] == [1])
entry("chain_map", lambda: collections.ChainMap({"a": 1}, {"a": 2, "b": 3}), lambda d: d["b"] == 3 and len(d.maps) == 2)
entry("user_dict", lambda: collections.UserDict(a=1))
entry("user_list", lambda: collections.UserList([1, 2]))
entry("user_string", lambda: collections.UserString("text"))
entry("ordered_dict_keys", lambda: collections.OrderedDict(a=1).keys(), lambda v: list(v) == ["a"])
entry("dict_keys", lambda: {"a": 1}.keys(), lambda v: type(v) is type({}.keys()) and list(v) == ["a"])
entry("dict_values", lambda: {"a": 1}.values(), lambda v: type(v) is type({}.values()) and list(v) == [1])
entry("dict_items", lambda: {"a": 1}.items())
entry("dict_keys_type", lambda: type({}.keys()))
entry("dict_iterator", lambda: iter({"a": 1, "b": 2}), lambda i: list(i) == ["a", "b"])
entry("ordered_dict_iterator", lambda: iter(collections.OrderedDict(a=1)), lambda i: list(i) == ["a"])
entry("deque_iterator", lambda: iter(collections.deque("ab")), lambda i: list(i) == ["a", "b"])
entry("mapping_proxy", lambda: types.MappingProxyType({"a": 1}))
entry("simple_namespace", lambda: types.SimpleNamespace(a=1, b=[2]))
entry("array_ints", lambda: array.array("i", [1, -2, 3]))
entry("array_doubles", lambda: array.array("d", [1.5, 2.5]))
entry("array_text", lambda: array.array("B", b"ab"))
entry("array_type", lambda: array.array)
entry("bytearray", lambda: bytearray(b"ab"))
entry("memoryview", lambda: memoryview(b"ab"), lambda b: bytes(b) == b"ab")
entry("range", lambda: range(1, 10, 3))
entry("slice", lambda: slice(1, None, 2))
entry("frozenset", lambda: frozenset([1, 2, (3, 4)]))
entry("nested_sets", lambda: {frozenset([1]), frozenset()})
entry("complex", lambda: complex(1, -2))
entry("ellipsis", lambda: Ellipsis, lambda e: e is Ellipsis)
entry("not_implemented", lambda: NotImplemented, lambda e: e is NotImplemented)
entry("none_type", lambda: type(None))
entry("tuple_iterator", lambda: iter((1, 2)), lambda i: list(i) == [1, 2])
entry("list_iterator", lambda: advanced(iter([1, 2, 3])), lambda i: list(i) == [2, 3])
entry("list_reverse_iterator", lambda: reversed([1, 2]), lambda i: list(i) == [2, 1])
entry("str_iterator", lambda: iter("ab"), lambda i: list(i) == ["a", "b"])
entry("range_iterator", lambda: advanced(iter(range(4))), lambda i: list(i) == [1, 2, 3])
entry("enumerate", lambda: advanced(enumerate("ab")), lambda i: list(i) == [(1, "b")])
entry("zip", lambda: zip([1, 2], "ab"), lambda i: list(i) == [(1, "a"), (2, "b")])
entry("map", lambda: map(str, [1, 2]), lambda i: list(i) == ["1", "2"])
entry("filter", lambda: filter(None, [0, 1]), lambda i: list(i) == [1])
entry("weak_set", lambda: weakref.WeakSet([Thing]), lambda s: type(s) is weakref.WeakSet)
entry("weak_value_dict", lambda: weakref.WeakValueDictionary(a=KEPT), lambda d: type(d) is weakref.WeakValueDictionary)
entry("weak_key_dict", lambda: weakref.WeakKeyDictionary({KEPT: 1}), lambda d: type(d) is weakref.WeakKeyDictionary)
entry("item_getter", lambda: operator.itemgetter(1), lambda f: f("abc") == "b")
entry("item_getters", lambda: operator.itemgetter(1, 0), lambda f: f("abc") == ("b", "a"))
entry("attribute_getter", lambda: operator.attrgetter("real", "imag.real"), lambda f: f(1 + 2j) == (1.0, 2.0))
entry("method_caller", lambda: operator.methodcaller("split", ","), lambda f: f("a,b") == ["a", "b"])
entry("method_caller_keywords", lambda: operator.methodcaller("split", sep=","), lambda f: f("a,b") == ["a", "b"])
entry(
    "queue_errors",
    lambda: [queue.Empty("x"), queue.Full("y")],
    lambda e: [type(x) for x in e] == [queue.Empty, queue.Full],
)


def advanced(iterator, steps=1):
    """An iterator that has given some items already."""
    for _ in range(steps):
        next(iterator)
    return iterator


refused("queue", queue.Queue, "_thread.lock")
refused("simple_queue", queue.SimpleQueue, "SimpleQueue")
refused("weak_reference", lambda: weakref.ref(KEPT), "weakref")


def iterators(name, make, expected):
    """An object of itertools; from 3.14 on it is refused, and still loaded."""
    entry("itertools_" + name, make, lambda i: list(itertools.islice(i, len(expected))) == expected, until=(3, 13))
    refused("itertools_%s_refused" % name, make, "itertools|pickle", since=(3, 14))


iterators("count", lambda: advanced(itertools.count(3, 2)), [5, 7, 9])
iterators("cycle", lambda: advanced(itertools.cycle([1, 2, 3])), [2, 3, 1, 2, 3, 1, 2])
iterators("cycle_round", lambda: advanced(itertools.cycle([1, 2, 3]), 5), [3, 1, 2, 3, 1, 2, 3])
iterators("repeat", lambda: itertools.repeat("a", 2), ["a", "a"])
iterators("chain", lambda: advanced(itertools.chain([1, 2], [3])), [2, 3])
iterators("chain_of_iterable", lambda: itertools.chain.from_iterable([[1], [2]]), [1, 2])
iterators("islice", lambda: advanced(itertools.islice([0, 1, 2, 3, 4, 5], 1, 6, 2)), [3, 5])
iterators("starmap", lambda: itertools.starmap(pow, [(2, 3)]), [8])
iterators("take_while", lambda: itertools.takewhile(bool, [1, 2, 0, 3]), [1, 2])
iterators("take_while_over", lambda: advanced(itertools.takewhile(bool, [1, 0, 3, 4]), 1), [])
iterators("drop_while", lambda: advanced(itertools.dropwhile(bool, [1, 0, 3, 4])), [3, 4])
iterators("filter_false", lambda: itertools.filterfalse(bool, [1, 0]), [0])
iterators("accumulate", lambda: advanced(itertools.accumulate([1, 2, 3])), [3, 6])
iterators("accumulate_product", lambda: itertools.accumulate([1, 2, 3], operator.mul), [1, 2, 6])
iterators("compress", lambda: itertools.compress("abc", [1, 0, 1]), ["a", "c"])
iterators("zip_longest", lambda: itertools.zip_longest("ab", "c", fillvalue="-"), [("a", "c"), ("b", "-")])
iterators("product", lambda: itertools.product("ab", "c"), [("a", "c"), ("b", "c")])
iterators("permutations", lambda: itertools.permutations("ab"), [("a", "b"), ("b", "a")])
iterators("combinations", lambda: itertools.combinations("abc", 2), [("a", "b"), ("a", "c"), ("b", "c")])
