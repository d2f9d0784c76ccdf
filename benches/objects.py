"""The fifteen objects that the benchmarks dump and load: what people send to workers."""

OFFSET = 3


def simple(x, y):
    return x + y


def with_defaults(x, y=2, *, scale=(1, 2)):
    return x * scale[0] + y * scale[1]


def first(x):
    return second(x) + 1


def second(x):
    return third(x) * 2


def third(x):
    return x - OFFSET


def adds(x):
    return x + OFFSET


def subtracts(x):
    return x - OFFSET


def make_closure(amount):
    def closure(x):
        return x + amount

    return closure


def factorial(n):
    return 1 if n < 2 else n * factorial(n - 1)


def is_even(n):
    return n == 0 or is_odd(n - 1)


def is_odd(n):
    return n != 0 and is_even(n - 1)


def imports_inside(x):
    import math

    return math.sqrt(x)


alias = simple


class Point:
    """A point in the plane."""

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def norm(self):
        return (self.x**2 + self.y**2) ** 0.5


class Point3(Point):
    def __init__(self, x, y, z):
        super().__init__(x, y)
        self.z = z

    def norm(self):
        return (super().norm() ** 2 + self.z**2) ** 0.5


def uses_class(x):
    return Point(x, x).norm()


def merge(left, right):
    merged = []
    while left and right:
        merged.append(left.pop(0) if left[0] <= right[0] else right.pop(0))
    return merged + left + right


def distributed_sort(items, parts=4):
    if len(items) < 2:
        return list(items)
    size = max(1, len(items) // parts)
    chunks = [sorted(items[at : at + size]) for at in range(0, len(items), size)]
    while len(chunks) > 1:
        chunks = [merge(chunks[i], chunks[i + 1] if i + 1 < len(chunks) else []) for i in range(0, len(chunks), 2)]
    return chunks[0]


OBJECTS = {
    "simple function": simple,
    "with defaults": with_defaults,
    "chain of functions": first,
    "two share a global": (adds, subtracts),
    "closure": make_closure(5),
    "recursion": factorial,
    "mutual recursion": is_even,
    "import inside": imports_inside,
    "alias": alias,
    "class": Point,
    "its instance": Point(3, 4),
    "function with class": uses_class,
    "inherited class": Point3,
    "its instance too": Point3(1, 2, 3),
    "distributed sort": distributed_sort,
}
