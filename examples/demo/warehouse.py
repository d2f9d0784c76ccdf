"""A small warehouse simulation: the functions and classes that the demo sends around.

Everything here is written in syntax that Python 3.7 knows, and nothing is written with pickling in mind.
"""

import asyncio
import collections
import enum
import functools
import math
from dataclasses import dataclass, field
from typing import Dict, List

try:
    import numpy as np
except ImportError:
    np = None

VAT = 19
PALLET = 48


def make_shelf(stock, capacity):
    """Three functions that share one `stock` and one log."""
    moves = []

    def put(amount):
        nonlocal stock
        stored = min(amount, capacity - stock)
        stock += stored
        moves.append(+stored)
        return stored

    def take(amount):
        nonlocal stock
        if amount > stock:
            raise ValueError(f"only {stock} left, not {amount}")
        stock -= amount
        moves.append(-amount)
        return stock

    def report():
        return {"stock": stock, "free": capacity - stock, "moves": list(moves)}

    return put, take, report


net, gross = lambda price: round(price * 100 / (100 + VAT), 2), lambda price: round(price * (100 + VAT) / 100, 2)


def weight_of_box(box):
    """Boxes hold pallets and loose items, pallets hold boxes: each function needs the other."""
    return 0.5 + sum(box.get("items", ())) + sum(weight_of_pallet(pallet) for pallet in box.get("pallets", ()))


def weight_of_pallet(pallet):
    return 25 + sum(weight_of_box(box) for box in pallet)


class Item:
    """What lies on a shelf."""

    kind = "item"

    def __init__(self, name, price):
        self.name = name
        self.__price = price
        self.__history = [price]

    @property
    def price(self):
        return self.__price

    def reprice(self, factor):
        self.__price = round(self.__price * factor, 2)
        self.__history.append(self.__price)
        return self

    def history(self):
        return tuple(self.__history)

    def label(self):
        return f"{self.name:<8}{self.price:>8.2f}"


class Perishable(Item):
    """Loses its value with time; has a `__price` of its own, which is another one."""

    kind = "perishable"

    def __init__(self, name, price, days):
        super().__init__(name, price)
        self.__price = "by the day"
        self.days = days

    def reprice(self, factor):
        return super().reprice(factor * (0.5 if self.days < 3 else 1))

    def label(self):
        return super().label() + f"  {self.days} d, {self.__price}"

    @classmethod
    def today(cls, name, price):
        return cls(name, price, days=1)


class Frozen(Perishable):
    def label(self):
        return super().label() + ", keep at -18"


class Priority(enum.Enum):
    LOW = 1
    NORMAL = 2
    HIGH = 3
    EXPRESS = 3  # noqa: PIE796  (an alias, on purpose)

    @property
    def surcharge(self):
        return 5 * (self.value - 1)

    def raised(self):
        return Priority(min(self.value + 1, 3))


@dataclass(order=True)
class Order:
    due: int
    customer: str = field(compare=False)
    lines: Dict[str, int] = field(default_factory=dict, compare=False, repr=False)
    priority: Priority = field(default=Priority.NORMAL, compare=False)

    def add(self, name, amount=1):
        self.lines[name] = self.lines.get(name, 0) + amount
        return self

    def total(self, prices):
        return sum(prices[name] * amount for name, amount in self.lines.items()) + self.priority.surcharge


def retried(times):
    """A decorator with state: every function has its own log of failures."""

    def decorate(function):
        failures = []

        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            for attempt in range(1, times + 1):
                try:
                    return function(*args, attempt=attempt, **kwargs)
                except ConnectionError as error:
                    failures.append(f"{attempt}: {error}")
            raise TimeoutError("; ".join(failures))

        wrapper.failures = failures
        return wrapper

    return decorate


@retried(times=4)
def reserve(name, amount, *, attempt, flaky=2):
    """Reserve goods at a supplier that answers at the third try only."""
    if attempt <= flaky:
        raise ConnectionError(f"{name} busy")
    return f"{amount} x {name} reserved at try {attempt}"


def restock(levels, minimum):
    """A generator that is told what was delivered and says what is still to come."""
    ordered = collections.Counter()
    while True:
        short = {name: minimum - level for name, level in sorted(levels.items()) if level < minimum}
        if not short:
            return dict(ordered)
        name, amount = max(short.items(), key=lambda entry: (entry[1], entry[0]))
        pallets = math.ceil(amount / PALLET)
        delivered = yield name, pallets
        levels[name] += PALLET * pallets if delivered is None else delivered
        ordered[name] += pallets


async def fulfil(orders, workers=2):
    """A coroutine: workers take orders from a queue, the most urgent first."""
    queue = asyncio.PriorityQueue()
    for order in orders:
        queue.put_nowait((-order.priority.value, order))
    done: List[str] = []

    async def work(number):
        while not queue.empty():
            _, order = await queue.get()
            await asyncio.sleep(0)
            done.append(f"{order.customer} ({order.priority.name.lower()})")
            queue.task_done()
        return number

    finished = await asyncio.gather(*[work(number) for number in range(workers)])
    return {"done": done, "workers": sorted(finished)}


class Simulation:
    """A day in the warehouse, step by step; what it does depends on everything above."""

    def __init__(self, seed, prices):
        self.random = self.numbers(seed)
        self.prices = prices
        self.orders = []
        self.events = collections.deque(maxlen=6)

    @staticmethod
    def numbers(seed):
        # A generator of its own: the standard library's may differ from version to version.
        return functools.partial(lambda all: all.append((all[-1] * 1103515245 + 12345) % 2**31) or all[-1], [seed])

    def step(self, hour):
        names = sorted(self.prices)
        number = self.random()
        order = Order(hour + number % 5, f"customer {number % 97}")
        for offset in range(1 + number % 3):
            order.add(names[(number + offset) % len(names)], 1 + (number >> 8) % 4)
        if number % 4 == 0:
            order.priority = order.priority.raised()
        self.orders.append(order)
        self.events.append(f"{hour:02}:00 {order.customer} {order.priority.name} {gross(order.total(self.prices)):.2f}")

    def run(self, hours):
        for hour in range(hours):
            try:
                self.step(hour)
            finally:
                self.orders.sort()
        while len(self.orders) > 3:
            self.orders.pop(0)
        return {
            "events": list(self.events),
            "left": [order.customer for order in self.orders],
            "turnover": round(sum(order.total(self.prices) for order in self.orders), 2),
        }


def forecast(history, days):
    """A straight line through the past, drawn with NumPy."""
    x = np.arange(len(history))
    slope, start = np.polyfit(x, np.asarray(history, dtype=float), 1)
    ahead = np.maximum(start + slope * (len(history) + np.arange(days)), 0)
    return [round(float(value), 6) for value in ahead]


def objects():
    """What is sent: {title: object}."""
    sent = {
        "shared nonlocal state": make_shelf(10, 100),
        "two lambdas on a line": (net, gross),
        "mutual recursion": weight_of_pallet,
        "class hierarchy": Frozen,
        "instance, __private names": Frozen.today("peas", 2.49),
        "dataclass": Order,
        "enum": Priority,
        "decorated function": reserve,
        "generator": restock,
        "coroutine": (fulfil, Order, Priority),
        "simulation": Simulation,
    }
    if np is not None:
        sent["function using numpy"] = forecast
    return sent
