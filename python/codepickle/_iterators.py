"""Iterators: what is left of them, said by the constructors of their types.

Where `__reduce__` gives a state, only a version with the same `__setstate__` takes it: PyPy lacks some, and 3.14 took
them from `itertools`. What 3.14 itself cannot take apart is refused there, and loads there.
"""

from __future__ import annotations

import collections
import copyreg
import itertools
import operator
import sys
import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Tuple

    Reduced = Any

dispatch: Dict[type, Callable[[Any], Reduced]] = {}


def _parts(obj: Any) -> Tuple[Any, ...]:
    """What `__reduce__` gives, with a state; 3.12 and 3.13 warn that it is gone in 3.14."""
    if sys.version_info < (3, 12):
        reduced = obj.__reduce__()
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            reduced = obj.__reduce__()
    return (*reduced, None) if len(reduced) == 2 else tuple(reduced)


def _reduce_range_iterator(obj: Any) -> Reduced:
    # PyPy takes no state; 3.13 needs none.
    _, (values, *_), position = _parts(obj)
    return iter, (values[position:] if position else values,)


def _reduce_deque_iterator(obj: Any) -> Reduced:
    """A copy of what is left: the type is private and its name differs."""
    deque, position = obj.__reduce__()[1]
    return iter, (collections.deque(itertools.islice(deque, position, None)),)


def _reduce_deque_reverse_iterator(obj: Any) -> Reduced:
    deque, position = obj.__reduce__()[1]
    return reversed, (collections.deque(itertools.islice(deque, len(deque) - position)),)


def _reduce_cycle(obj: Any) -> Reduced:
    function, (rest,), (saved, again) = _parts(obj)
    if not again:
        # The first round: what is to come, then what came already.
        return function, (itertools.chain(rest, saved),)
    if type(rest) is not type(iter([])):
        return itertools.chain, (rest, function(saved))
    given = len(saved) - operator.length_hint(rest)
    return function, (saved[given:] + saved[:given],)


def _reduce_chain(obj: Any) -> Reduced:
    function, arguments, state = _parts(obj)
    if not state:
        return function, arguments
    source = state[0] if len(state) == 1 else itertools.chain((state[1],), state[0])
    return function.from_iterable, (source,)


def _reduce_islice(obj: Any) -> Reduced:
    function, (source, following, *rest), done = _parts(obj)
    if not rest:
        return function, (source, following)
    stop, step = rest
    return function, (source, following - done, None if stop is None else stop - done, step)


def _reduce_takewhile(obj: Any) -> Reduced:
    function, (predicate, source), over = _parts(obj)
    return function, (predicate, () if over else source)


def _reduce_dropwhile(obj: Any) -> Reduced:
    function, arguments, started = _parts(obj)
    return (itertools.chain, (arguments[1],)) if started else (function, arguments)


def _reduce_accumulate(obj: Any) -> Reduced:
    function, arguments, total = _parts(obj)
    if function is not itertools.accumulate:  # the total is None: it is an islice already
        return function, arguments
    source, *rest = arguments
    rest = [each for each in rest if each is not None]
    if total is None:
        return function, (source, *rest)
    # The total comes out first, once more.
    return itertools.islice, (function(itertools.chain((total,), source), *rest), 1, None)


def _reduce_zip_longest(obj: Any) -> Reduced:
    function, sources, fill = _parts(obj)
    if fill is None:
        return function, sources
    return copyreg.__newobj_ex__, (function, sources, {"fillvalue": fill})  # type: ignore[attr-defined]


def _reduce_quietly(obj: Any) -> Reduced:
    reduced = _parts(obj)
    return reduced[:2] if reduced[2] is None else reduced


if (3, 12) <= sys.version_info < (3, 14):
    for _kind in vars(itertools).values():
        if isinstance(_kind, type) and "__reduce__" in vars(_kind):
            dispatch[_kind] = _reduce_quietly

dispatch[type(iter(range(0)))] = _reduce_range_iterator
dispatch[type(iter(collections.deque()))] = _reduce_deque_iterator
dispatch[type(reversed(collections.deque()))] = _reduce_deque_reverse_iterator
if itertools.chain.__reduce__ is not object.__reduce__:  # 3.13 and before
    dispatch[itertools.chain] = _reduce_chain
    dispatch[itertools.cycle] = _reduce_cycle
    dispatch[itertools.islice] = _reduce_islice
    dispatch[itertools.takewhile] = _reduce_takewhile
    dispatch[itertools.dropwhile] = _reduce_dropwhile
    dispatch[itertools.accumulate] = _reduce_accumulate
    dispatch[itertools.zip_longest] = _reduce_zip_longest
