"""Assignment expressions."""


def condition(x):
    if (y := log(x)) > 1:
        return y
    return -y


call(condition, 2)
call(condition, 1)


def loop(items):
    """Docstring."""
    it = iter(items)
    total = 0
    while (item := next(it, None)) is not None:
        total += item
    return total, item


call(loop, [1, 2])


def comprehension(items):
    found = [last := x for x in items if (half := x // 2)]
    return found, last, half, {k := 1, 2}, [1, 2][i := 0], k, i


call(comprehension, [2, 3, 4])
call(comprehension, [1])
call(comprehension, [])


def maybe(x):
    if x and (y := x):
        pass
    return y


call(maybe, 0)
call(maybe, 1)


def order(x):
    return [log(a := 1), (b := log(a + 1)), log(b + (a := 5)), a]


call(order, 0)


def closure(x):
    def inner():
        return y

    def outer():
        nonlocal y
        return (y := y + 1)

    if (y := x):
        return inner(), outer(), inner(), y


call(closure, 1)
G = 0


def use_global(x):
    global G
    return [(G := v) for v in x], G


call(use_global, [1, 2])
if (module := 5) > 4:
    call(lambda: module)


class Body:
    if (a := 3):
        b = a
    __p = (__q := 4)

    def m(self):
        return self.__p, self.__q, self.a


call(lambda: Body().m())


def arguments(f, x):
    return f(y := x, z=(w := y + 1)), y, w, f"{(v := 3)} {v}", (multi :=
        x +
        1), multi


call(arguments, lambda *a, **k: (a, k), 1)


def gen(x):
    yield (a := x)
    b = yield (c := a + 1)
    yield b, c


call(gen, 1)


def parameter(x):
    if (x := x + 1) > 1:
        return x, (lambda: x)()
    return locals()


call(parameter, 1)
call(parameter, 0)


async def asynchronous(x):
    async def get(v):
        return v

    async def items():
        yield 1
        yield 2

    return [y := await get(v) async for v in items()], y, [v for v in [w async for w in items()]], {
        await get(v): log(v) for v in [1, 2] if await get(v)
    }


call(asynchronous, 1)


def nested(x):
    def inner():
        nonlocal a
        a = 2
        return [a := v for v in range(a)], a

    class C:
        b = (a := x)
        c = [d for d in range(2) if (lambda: d)()]

    if (a := x):
        return inner(), a, C.a, C.b, C.c
    return inner


call(nested, 5)


def scopes(a):
    class C:
        try:
            b = a
        except NameError as error:
            b = log(type(error).__name__)
        if (a := 2):
            c = a

    return C.b, C.c, a, (lambda x: (a := x))(5), a, (lambda x, /: (x := a))(6)


call(scopes, 1)


def only_blocks(x):
    while (y := x):
        class C:
            @(d := log)
            def m(self): pass
        x -= 1
    if (match := x):
        pass
    return (d is log, y, match) if x == 0 else None


call(only_blocks, 2)


def without_a_place(x):
    for y in x:
        try:
            if (z := y): continue
        finally:
            with __import__("contextlib").suppress():
                class C:
                    if (w := z): a = w


call(without_a_place, [0, 1])


def documented(x):
    """Text."""
    if x:
        return (match := x), match
    return match


call(documented, 1)
call(documented, 0)


def in_class(a):
    """What a class body declares is no attribute of it."""
    class Inner:
        global declared
        nonlocal a
        (declared := a)
        b = (a := 20)
        match [1, 2]:
            case [declared, c] if log(declared):
                d = (a := c)

    return a, declared, sorted(name for name in vars(Inner) if name[0] != "_")


call(in_class, 1)
declared = 3


def shadowed(declared):
    class Inner:
        global declared
        (declared := declared + 1)

    return declared


call(shadowed, 7)
call(lambda: declared)
