"""Lambdas that assign, or have positional-only parameters."""
call(lambda x: ((y := x + 1), y, [z := v for v in range(y)], z), 1)
call(lambda x: (x := x + 1) and x, 1)
call(lambda x: (y if x else (y := 2)), 1)
call(lambda x: (y if x else (y := 2)), 0)
call(lambda a, b=2, /, *c, d=4, **e: (a, b, c, d, e), 1)
call(lambda a, b=2, /, *c, d=4, **e: (a, b, c, d, e), 1, 3, 5, a=6, b=7)
call(lambda a, /: a, a=1)
call(lambda a, /: ((b := a), (lambda: (c := b, a))()), 1)
call(lambda a, /: (yield a), 1)
call(lambda: (lambda: (q := 1), q)[0]())
call(lambda a, /, f=lambda a, /: a + 1: f(a) + (lambda b, /: (
    b))(a), 1)


class C:
    __p = 1
    m = lambda self, __x, /: (__y := __x + self.__p) + __y


call(lambda: C().m(2))


def within(a, /):
    with open(a) if a else open("/dev/null") as b:
        f = lambda x: [a := 5, x]
        return a, f(3), a


call(within, None)
