"""What takes brackets, or a call."""
import contextlib


def star(*x):
    return 1, *x


def stars(*x):
    yield 1, *x
    y = yield *x, 2
    for z in 1, *x:
        yield z


call(star, 1)
call(stars, 1, 2)


def annotated(x):
    a: tuple = 1, x
    b: int = yield a
    yield b, a


call(annotated, 3)


def decorated(x):
    table = [lambda f: (log("applied"), f)[1]]

    @table[0]
    @(lambda f: f)
    @table[0 if log("zero") else 1]
    def f():
        return x

    @table[
        0
    ]
    class C: pass
    return f(), C.__name__


call(decorated, 1)


@contextlib.contextmanager
def manager(x):
    log(("enter", x))
    yield x
    log(("exit", x))


def withs():
    with (manager(1) as a, manager(2) as b):
        log((a, b))
    with(
        manager(  # comment
            3
        ) as c,  # another

        # a line
        manager(4) as (
            d
        ),
    ):
        log((c, d))
    with (manager(5)):
        pass
    with (manager(6) as e):
        pass
    with (manager(7), manager(8)): pass
    with (manager(9)) as f, (manager(10)):
        return (
            e, f, 1 / 0)


call(withs)


def positional(a, b=2, /, c=3, *, d=4, **kw):
    return a, b, c, d, kw


call(positional, 1)
call(positional, 1, 5, 6, d=7, a=8, b=9)
call(positional)
call(positional, 1, c=5)


def doc(a, /):
    """Docstring."""
    a += 1

    def inner(): return a
    return inner(), doc.__doc__


call(doc, 1)
call(doc, a=1)


class P:
    def method(self, __x, /): return self is not None, __x, __class__.__name__


call(lambda: P().method(3))


def order(x):
    return {log(("k", v)): log(("v", v)) for w in x if w for v in [w, -w]}


call(order, [1, 0, 2])


def subscript(d, *b):
    return d[1, *b], d[*b], d[*b, 2]


class Item:
    def __getitem__(self, item): return item


call(lambda: subscript(Item(), 5, 6))


def excepts(x):
    try:
        return 1 / x
    except ZeroDivisionError:
        return "zero"


call(excepts, 0)


def compound(a, b=1, /):
    if a:
        return a, (lambda: b)()
    return b


def looped(a, /, *b):
    for x in a, *b:
        log(x)
        a = x
    return a


def tried(a, /):
    try:
        return 1 / a
    finally:
        log(a)


def matched(a, /):
    match a:
        case [b]:
            return b
    return a


class Parameters:
    def a(self, /): return super().__init__, self.__class__
    def __b(self, __c, /):
        if __c:
            return [self.b(self, __c) for _ in [1]] if __c < 0 else __c

    b = __b


for function in compound, looped, tried, matched:
    call(function, 1)
    call(function, [3])
    call(function, 0, 1)
    call(function, a=1)
call(lambda: Parameters().b(5))
call(lambda: Parameters().a()[1])


def defines(a, /):
    def inner(x): return a, x

    try:
        async def other(): return a
        return inner(1), a
    finally:
        log(a)


def redefines(a, /, b=1):
    async def inner(): return a, b
    if b:
        return inner()


call(defines, 2)
call(redefines, 2)


def annotation(*values):
    try:
        def f(*args: *log(values)): pass
    except (TypeError, ValueError) as error:
        return str(error)
    return f.__annotations__


call(annotation, 1)
call(annotation)
call(annotation, 1, 2)


def not_iterable():
    def f(*args: *1): pass


call(not_iterable)


class Truth:
    def __init__(self, value):
        self.value = value

    def __bool__(self):
        return log(self.value)

    def __repr__(self): return "Truth"


def tested(a, b, /):
    if a or b:
        return "one"
    return "none"


call(tested, Truth(True), Truth(False))
call(tested, Truth(False), Truth(False))


def waiting(a, b=2, /):
    while a:
        a -= 1
        b += 1
    return a, b


def functions(a, b=1, /):
    """Docstring."""
    def inner(c=log(a)): return a, b, c
    return inner()


call(waiting, 2)
call(functions, 2)
call(lambda: Item()[*() or [1], *[2] if 3 else 4])


class Item:
    def __getitem__(self, item):
        return item


def slices(x):
    y = Item()[*x, (yield 1):, (
        x
    ):(
        2
    ), :(lambda: 3)()]
    yield y


call(slices, [0])
