"""Asynchronous comprehensions in synchronous ones."""
import types


@types.coroutine
def pause(x):
    log(("pause", x))
    yield


async def count(n):
    for x in range(n):
        log(("count", x))
        await pause(x)
        yield x


async def double(x):
    await pause(x)
    return 2 * x


def run(function, *args):
    """Drives the coroutine, and counts how often it waits."""
    coroutine = function(*args)
    waits = 0
    while True:
        try:
            coroutine.send(None)
            waits += 1
        except StopIteration as stop:
            return stop.value, waits


async def lists(n):
    return [[x async for x in count(y)] for y in range(n)]


async def three(n):
    return [[{x async for x in count(y)} for y in range(z)] for z in range(n) if log(z)]


async def awaited(n):
    return [{x: await double(x) for x in range(y)} for y in range(n)]


async def conditions(n):
    return [y for y in range(n) if [x async for x in count(y)] and log(y)]


async def generators(n):
    found = ([x async for x in count(y)][-1:] for y in range(n))
    kind = type(found).__name__
    return kind, [x async for x in found], [type(y async for y in count(1)).__name__ for x in range(n)]


async def fails(n):
    return [[1 // x async for x in count(y)] for y in range(n)]


async def told(n):
    return [[x async for x in count(y)] async for y in count(n)], [[x async for x in count(y)] + [await double(y)] for y in range(n)]


for function in lists, three, awaited, conditions, generators, fails, told:
    call(run, function, 3)
