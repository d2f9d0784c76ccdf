"""What is done with each object on arrival: {title: function of the object that returns something for JSON}.

Nothing of warehouse.py is used here; it does not exist on the receiving side.
"""

import asyncio


def shelf(functions):
    put, take, report = functions
    results = []
    for move, amount in [(put, 60), (take, 25), (put, 200), (take, 1000)]:
        try:
            results.append(move(amount))
        except ValueError as error:
            results.append(str(error))
    return results, report()


def hierarchy(frozen):
    bases = [cls.__name__ for cls in frozen.__mro__]
    peas = frozen.today("peas", 2.49).reprice(1.1)
    return bases, peas.label(), peas.history(), peas.kind, frozen.label.__qualname__


def instance(peas):
    return peas.label(), peas.reprice(0.8).reprice(1.5).history(), sorted(vars(peas))


def dataclass(order):
    first, second = order(3, "Ada").add("nut", 4), order(2, "Grace").add("bolt").add("bolt")
    return [repr(each) for each in sorted([first, second])], first.total({"nut": 0.25}), order(3, "x") == first


def enumeration(priority):
    return {
        "members": [member.name for member in priority],
        "alias": priority.EXPRESS is priority.HIGH,
        "surcharge": [member.surcharge for member in priority],
        "raised": priority.LOW.raised().raised().raised().name,
    }


def decorated(reserve):
    results = [reserve("bolt", 7), list(reserve.failures), reserve.__name__, reserve.__doc__]
    try:
        reserve("nut", 1, flaky=9)
    except TimeoutError as error:
        results.append(str(error))
    return results


def generator(restock):
    running = restock({"bolt": 5, "nut": 90, "washer": 0}, minimum=100)
    steps = [next(running), running.send(None), running.send(10)]
    try:
        while True:
            steps.append(running.send(None))
    except StopIteration as stop:
        return steps, stop.value


def coroutine(sent):
    fulfil, order, priority = sent
    orders = [order(2, "Ada"), order(1, "Grace", priority=priority.HIGH), order(3, "Edsger", priority=priority.LOW)]
    return asyncio.run(fulfil(orders))


EXERCISES = {
    "shared nonlocal state": shelf,
    "two lambdas on a line": lambda pair: [pair[0](119), pair[1](100)],
    "mutual recursion": lambda weight: weight([{"items": [1, 2]}, {"pallets": [[{"items": [3]}], []]}]),
    "class hierarchy": hierarchy,
    "instance, __private names": instance,
    "dataclass": dataclass,
    "enum": enumeration,
    "decorated function": decorated,
    "generator": generator,
    "coroutine": coroutine,
    "simulation": lambda simulation: simulation(2024, {"bolt": 0.5, "nut": 0.25, "washer": 0.1}).run(24),
    "function using numpy": lambda forecast: forecast([3, 4, 6, 7, 9, 10], 3),
}
