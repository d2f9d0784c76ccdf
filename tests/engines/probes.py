"""What is sent to the engines' workers.

Each function returns what is called there, without arguments, and what it must return. All is local to it, so that every
serializer takes it by value.
"""

import dataclasses
import functools
import sys


def shared_cells():
    level = 40

    def add(amount):
        nonlocal level
        level += amount
        return level

    def read():
        return level

    def run():
        return add(1), read(), add(1), read()

    return run, (41, 41, 42, 42)


def lambdas_of_one_line():
    double, triple, both = lambda x: 2 * x, lambda x: 3 * x, lambda x: (double(x), triple(x))
    return lambda: both(7), (14, 21)


def classes():
    class Base:
        def __init__(self, name):
            self.__name = name

        def greet(self):
            return "I am " + self.__name

    class Loud(Base):
        def greet(self):
            return super().greet().upper() + "!" + __class__.__name__

    return lambda: Loud("x").greet(), "I AM X!Loud"


def instances():
    @dataclasses.dataclass
    class Point:
        x: int
        y: int = 2

        def sum(self):
            return self.x + self.y

    point = Point(1)
    return lambda: (point.sum(), repr(point).rpartition(".")[2], point == Point(1, 2)), (3, "Point(x=1, y=2)", True)


def generators():
    def numbers(n):
        sent = 0
        for i in range(n):
            sent += (yield i + sent) or 0

    def run():
        return list(numbers(3)), sum(x * x for x in numbers(4))

    return run, ([0, 1, 2], 14)


def decorated():
    def twice(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return [function(*args, **kwargs), function(*args, **kwargs)]

        return wrapper

    @twice
    @functools.lru_cache(maxsize=None)
    def half(x, *, by=2):
        return x / by

    return lambda: (half(4), half.__name__), ([2.0, 2.0], "half")


def exceptions():
    class Refused(ValueError):
        def __init__(self, code):
            super().__init__("refused with %d" % code)
            self.code = code

    def run():
        try:
            try:
                raise Refused(7)
            finally:
                pass
        except ValueError as error:
            return str(error), error.code

    return run, ("refused with 7", 7)


def coroutines():
    def run():
        import asyncio
        import threading

        results = []

        def in_thread():  # where no other loop is running
            loop = asyncio.new_event_loop()
            results.append(loop.run_until_complete(all_of_them()))
            loop.close()

        async def one():
            await asyncio.sleep(0)
            return 1

        async def all_of_them():
            return sum(await asyncio.gather(one(), one()))

        thread = threading.Thread(target=in_thread)
        thread.start()
        thread.join()
        return results

    return run, [2]


def recursion():
    def fib(n, seen={}):  # noqa: B006
        if n not in seen:
            seen[n] = n if n < 2 else fib(n - 1) + fib(n - 2)
        return seen[n]

    return lambda: fib(30), 832040


def newer_syntax():
    from probes_match import describe

    function = describe()
    return lambda: (function(["go", "up"]), function({"n": 3}), function(1)), ("up", 3, None)


PROBES = [
    shared_cells,
    lambdas_of_one_line,
    classes,
    instances,
    generators,
    decorated,
    exceptions,
    coroutines,
    recursion,
]
if sys.version_info >= (3, 10):
    PROBES.append(newer_syntax)


def _where():
    def where():
        import sys

        return "%d.%d" % sys.version_info[:2]

    return where


#: On which version it runs: that of the worker which was asked for, or nothing was shown.
where = _where()


def relayed():
    """What a worker makes, and another worker calls."""

    def make(step):
        total = step

        def add(n):
            nonlocal total
            total += n
            return total

        return add

    return lambda: make(40), lambda add: (add(1), add(1)), (41, 42)
