"""Assignment expressions: every place, every kind of variable."""
import asyncio
def w1(x):
    def f():
        nonlocal x
        return [(x := x + i) for i in range(3) if (y := i)], y
    r = f()
    return r, x
call(w1, 1)
def w2():
    try:
        print(a)
        (a := 1)
    except UnboundLocalError as e:
        return type(e).__name__
call(w2)
def w3(x):
    (a := x)
    del a
    try:
        return a
    except NameError as e:
        return type(e).__name__
call(w3, 1)
def w4(f, *args, **kw):
    return f(a := 1, *(b := [2, 3]), c=(d := 4), **(e := {"z": 5})), a, b, d, e
call(w4, lambda *a, **k: (a, k))
def w5(x):
    return lambda: (y := x), [lambda: (z := i) for i in range(2)][1]()
call(lambda: w5(3)[0]()); call(lambda: w5(3)[1])
def w6(x, y=(z := 10), *, k=(lambda: (q := 5))()):
    return x, y, z, k
call(w6, 1)
class W7:
    a = [1, 2]
    if (n := len(a)) and (m := n + 1):
        b = (lambda: (loc := 7) + 1)()
    c = (p := n) + p
    __m = (__k := 2)
    @staticmethod
    def s(): return (__k := 5), W7._W7__k
call(lambda: sorted((k, v) for k, v in vars(W7).items() if k != "__firstlineno__" and type(v) is int)); call(W7.s)
def w8(x):
    class C:
        if (x := x if False else 4): pass
        y = x
    return C.x, C.y, x
call(w8, 1)
def w9(a):
    class C:
        global g9
        nonlocal a
        (g9 := a)
        b = (a := 20)
    return a, g9, sorted(k for k in vars(C) if k[0] != "_")
try: call(w9, 1)
except Exception as e: log(type(e))
async def w10():
    async def get(v): return v
    async def ag():
        for i in range(3): yield i
    a = [(b := await get(i)) async for i in ag() if (c := await get(i)) > 0]
    d = {(e := i): (f := j) async for i in ag() for j in [i, i * 2]}
    return a, b, c, d, e, f
call(w10)
def w11(n):
    return (total := n) and [total := total + v for v in range(n)], total
call(w11, 3); call(w11, 0)
def w12(x):
    while (x := x - 1) > 0:
        if x == 2: continue
        yield (y := x)
    else:
        yield "else", x
call(w12, 5)
def w13(x):
    assert (y := x), (z := "message")
    return y
call(w13, 1); call(w13, 0)
def w14(x):
    with open("/dev/null") as f, open(n := "/dev/null") as g: pass
    for i in (items := [1, 2]): pass
    return n, items, (yes := 1) if (t := x) else (no := 2), t
call(w14, 1); call(w14, 0)
def w15(x):
    @(d := lambda f: f)
    def g(a: (an := int) = (de := 5)) -> (re := str): return a
    return g(), an, de, re
call(w15, 1)
def w16(x):
    lst = [0, 0, 0]
    lst[(i := 1)] = (v := 5)
    lst[i := 2] += (w := 3)
    (lst[0], b) = (c := (7, 8))
    return lst, i, v, w, b, c
call(w16, 1)
def w17(x):
    try:
        raise (e := ValueError(x)) from (k := KeyError(1))
    except ((T := ValueError), TypeError) as f:
        return e is f, f.__cause__ is k, T
call(w17, 1)
def w18():
    return f"{(a := 1)!r:>{(b := 4)}}{a}{b}" f"{[c := 1, 2]}", c
call(w18)
def w19(x):
    return x[(a := 1):(b := 3), ::(c := 1)], a, b, c
class It:
    def __getitem__(self, i): return i
call(w19, It())
def w20(x):
    print if (a := x) else (b := 2)
    return (lambda: [a, b])()
call(w20, 0); call(w20, 1)
def w21():
    return [[(m := max(i, j)) for i in range(2)] for j in range(3)], m
call(w21)
def w22():
    f = lambda a, b=(c := 3): (d := a + b) + (lambda: d)() + (e := c)
    return f(1), c
call(w22)
def w23(x):
    if (x
        := # comment
        5): return x
call(w23, 1)
def w24(x):
    return ((a := 1), (a := a + 1), a, (a := (b := a) + (a := 5)), a, b)
call(w24, 1)
def w25(x):
    global glob25
    def inner():
        global glob25
        return (glob25 := 3) + glob25
    return (glob25 := 1), inner(), glob25
call(w25, 1)
def w26(it):
    it = iter(it)
    return [v for _ in it if (v := next(it, None)) is not None], [w := 1 for q in ()], 1
call(w26, range(5))
def w27():
    try: return [w := 1 for q in ()], w
    except UnboundLocalError as e: return type(e).__name__
    except NameError as e: return type(e).__name__
call(w27)
def w28(x):
    import os as y
    if (y := x): pass
    for y in [y]: pass
    with open("/dev/null") as y: pass
    try: 1/0
    except ZeroDivisionError as y: (y := 3)
    def y(): pass
    (y := 4)
    class y: pass
    return (y := 6), y
call(w28, 1)
def w29(x):
    exec("z = (q := 5)", ns := {})
    return ns["q"], eval("(r := 3) + r")
def w30(a, b):
    return (a := b) == (b := a) != (c := 1), a, b, c
call(w30, 1, 2)
def w31(x):
    "doc"
    if x:
        def f():
            return v
        (v := 3)
        return f()
    return locals()
call(w31, 1); call(w31, 0)
def w32(x, /, y, *, z):
    if (x := y) and (z := x):
        return lambda: (x, y, z)
    return x, y, z
call(lambda: w32(1, 2, z=3)()); call(lambda: w32(1, 0, z=3))
def w33(__x):
    return [(__y := __x) for _ in "a"], __y
call(w33, 3)
class W34:
    def m(self, v):
        if (__p := v) and (self.__q if False else True):
            return [(__r := __p) for _ in "a"], (lambda: __r)()
    def n(self):
        __p = 1
        def inner():
            nonlocal __p
            return (__p := __p + 1)
        return inner(), __p
call(lambda: (W34().m(3), W34().n()))
(((((top := 5)))))
call(lambda: top)
[tl := i for i in range(3)]
call(lambda: tl)
def w35():
    x = yield (y := (yield (z := 1)))
    yield x, y, z
def drive():
    g = w35(); return next(g), g.send(2), g.send(3)
call(drive)
def w36(*, a=None):
    return {**(b := a or {}), "k": (c := 1), (d := "z"): d}, {*(e := [1]), (f := 2)}, [*(g := [1])], b, c, d, e, f, g
call(w36, a={"m": 1})
def w37(x):
    return not (a := x), -(b := x), (c := x) if a else 0, ~(d := x), (e := x) in [e], (f := x).real, (g := str)(x), b, c, d, e, f
call(w37, 3)
async def w38():
    async def g():
        yield (a := 1)
        yield a
    return [x async for x in g()], [y async for y in g()]
call(w38)
def w39(a):
    def inner(b=(c := a)):
        return (a2 := b), c
    return inner(), c
call(w39, 5)
def w40(x):
    return (lambda *, k=(q := x): (k, (q := 9)))(), q
call(w40, 1)
def w41(): return (lambda: (yield (a := 1)))().__next__()
call(w41)
def w42(n):
    if n and (r := w42(n - 1)) is not None: return r + [n]
    return [n]
call(w42, 3)
def w43(x):
    if x: return (y := 1)
    else: y: int
    z: (q := int) = (r := 3)
    return z, r
call(w43, 1); call(w43, 0)
