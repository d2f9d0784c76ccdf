"""Type parameters: scopes in scopes, methods of every kind, what is evaluated when."""
from typing import Any, Callable, Dict, Generic, List, Optional, Tuple, TypeVar, Union
def nm(x): return getattr(x, "__name__", x)
def g1():
    class A[T]:
        class B[U]:
            def m[V](self): return nm(T), nm(U), nm(V), __class__.__name__
            class C[T]:
                def n(self): return nm(T), nm(U)
        def f(self, T): return T
        x = [T for _ in "a"]
        y = [lambda: T for _ in "a"][0]()
    return A.B().m(), A.B.C().n(), A().f(3), nm(A.x[0]), nm(A.y), A.__qualname__, A.B.C.n.__qualname__
call(g1)
def g2():
    T = "outer"
    def f[T](x: T): 
        def inner():
            nonlocal x
            x = nm(T)
            return x
        return inner(), x
    class K[T]:
        T = "own"
        def m(self): return T
        n = T
    return f(1), K().m().__name__ if not isinstance(K().m(), str) else K().m(), K.n, T
call(g2)
def g3():
    class C[T]:
        def m(self) -> T: ...
        def __init_subclass__(cls, **k): log((cls.__name__, sorted(k)))
    class D[U](C[U], k=log(1)): pass
    class E(C[int]): pass
    return D.__orig_bases__[0].__args__[0] is D.__type_params__[0], E.__mro__[1] is C, nm(C.m.__annotations__["return"])
call(g3)
def g4():
    log(0)
    @log_deco("a")
    @log_deco("b")
    class C[T: log(1)](log(Base), metaclass=log(type)):
        log("body")
    return C.__type_params__[0].__bound__
def log_deco(n):
    log(("make", n))
    def d(x): log(("apply", n, nm(x))); return x
    return d
class Base: pass
call(g4)
def g5():
    @log_deco("x")
    def f[T: log("lazy")](a: log("ann") = log("def"), *b: log("annb"), c: log("annc") = log("defc")) -> log("ret"): return a
    return f(), f.__type_params__[0].__bound__
call(g5)
def g6():
    type X = Union[int, List["X"]]
    type Y[T] = Dict[T, Y]
    return nm(X), X.__value__.__args__[0], Y.__value__.__args__[1] is Y, Y.__value__.__args__[0] is Y.__type_params__[0]
call(g6)
type Mod[T] = List[ModLater[T]] if 0 else (T, ModLater)
class ModLater: pass
call(lambda: (nm(Mod), nm(Mod.__value__[0]), Mod.__value__[1]))
def g7():
    class P:
        __x = 1
        def f[__T](self, a: __T): return nm(__T), sorted(k for k in P.f.__annotations__)
        type __A[__U] = (__U, int)
        b = __A
        class Q[__V]:
            def g(self): return nm(__V)
    return P().f(1), P.f.__type_params__[0].__name__, nm(P.b), P.b.__value__[1], P.Q().g()
call(g7)
async def g8():
    async def f[T](x):
        return [nm(T) async for _ in ag()] + [nm(T) for _ in x]
    async def ag[S]():
        yield nm(S)
        yield S
    return await f([1]), [nm(i) async for i in ag()]
call(g8)
def g9():
    def gen[T](n):
        for i in range(n):
            r = yield (nm(T), i)
    return list(gen(2)), gen.__type_params__[0].__name__
call(g9)
def g10():
    out = []
    for i in range(2):
        def f[T: i](): return T.__bound__
        class C[T: i]:
            def m(self): return T.__bound__
        type A[T: i] = (T, i)
        out.append((f, C, A))
    i = "late"
    return [(f(), C().m(), A.__value__[1], A.__type_params__[0].__bound__) for f, C, A in out]
call(g10)
def g11(flag):
    if flag:
        def f[T](): return nm(T)
    else:
        class f[U]:
            def __new__(cls): return nm(U)
    return f()
call(g11, 1); call(g11, 0)
def g12():
    def f[T](x=lambda: nm(T) if 0 else 1): return x()
    def g[T, *Ts, **P](*args: *Ts, **kw: P.kwargs if 0 else int): return nm(Ts), nm(P), sorted(g.__annotations__)
    return f(), g()
call(g12)
def g13():
    class C[T]:
        @property
        def p[U](self): return nm(T), nm(U)
        @classmethod
        def c[U](cls): return nm(T), nm(U), cls.__name__
        @staticmethod
        def s[U](a, b=1, /): return nm(T), nm(U), a, b
        def __getitem__[U](self, i: U): return i, nm(U)
        async def a(self): return nm(T)
        def sup(self): return super().__repr__()[:1], nm(T)
        l = lambda self: nm(T)
        d = {nm(T): k for k in "ab"}
    c = C()
    return c.p, c.c(), c.s(5), c[3], c.sup(), c.l(), C.d
call(g13)
def g14():
    try:
        class C[T](undefined): pass
    except NameError as e: log("NameError")
    try:
        def f[T](x: undefined): pass
    except NameError as e: log("NameError")
    def h[T: undefined](): return 1
    try: h.__type_params__[0].__bound__
    except NameError as e: log("NameError")
    type A = undefined
    try: A.__value__
    except NameError as e: log("NameError")
    undefined = 5
    return A.__value__, h.__type_params__[0].__bound__
call(g14)
def g15():
    x = 1
    class C[T]:
        nonlocal x
        x = nm(T)
        global gx
        gx = nm(T) + "g"
    return x, gx
call(g15)
def g16():
    class C[T: (int, str), U: (lambda: int)()]:
        pass
    a, b = C.__type_params__
    return a.__constraints__, b.__bound__, a.__bound__, b.__constraints__, repr(a), a.__module__
call(g16)
def g17():
    def f[T](): return (lambda: (yield nm(T)))
    def g[T](): return {nm(T) for _ in [0]}, {nm(T): nm(T) for _ in [0]}, f"{nm(T)}", [nm(q) for q in (T,)]
    return list(f()()), g()
call(g17)
def g18(T):
    def f[U](x: T = T) -> T: return T, x
    type A = T
    class C[V]:
        y: T = T
        def g(self): return T
    return f(), f.__annotations__["return"], A.__value__, C.y, C().g(), C.__annotations__
call(g18, int)
def g19():
    def outer[T]():
        def inner[U: T]():
            type A[V: U] = (T, U, V)
            return A
        return inner()
    A = outer()
    return [nm(x) for x in A.__value__], nm(A.__type_params__[0].__bound__)
call(g19)
class Deco:
    def __init__(self, f): self.f = f
    def __call__(self, *a): return self.f(*a)
    def __get__(self, o, c): return lambda *a: self.f(o, *a)
class G20[T]:
    @Deco
    def m[U](self, x: U) -> T: return nm(T), nm(U), x
call(lambda: G20().m(1))
def g21():
    class C[T](Generic[TypeVar("Q")] if 0 else Base): pass
    class D[T](C): pass
    return [b.__name__ for b in C.__mro__], [b.__name__ for b in D.__mro__], C.__parameters__ == C.__type_params__
call(g21)
def g22():
    def f[T](): T = 3; return T
    def g[T]():
        for T in [1, 2]: pass
        return T
    def h[T](): 
        try: return T
        finally: log(nm(T))
    def k[T](a, T=5): return T
    return f(), g(), nm(h()), k(1)
call(g22)
def g23():
    def f[T]():
        del_me = T
        exec("z = 1", {})
        return "T" in dir() or True, sorted(n for n in locals() if n[0] != "_")
    return f()[0]
call(g23)
def g24():
    class C[T]:
        match 5:
            case int(x) if (y := x): z = nm(T)
        def f(self, v):
            match v:
                case [T_, *rest] if (n := len(rest)): return n, T_, nm(T)
                case {"k": T_}: return T_
            return [n := nm(T) for _ in "a"], n
    return C.x, C.y, C.z, C().f([1, 2]), C().f({"k": 2}), C().f(0)
call(g24)
type RecA = Optional[RecB]
type RecB = Optional[RecA]
call(lambda: (RecA.__value__.__args__[0] is RecB, RecB.__value__.__args__[0] is RecA))
def g25[T](x: "T", y: T = None) -> "List[T]": return T
call(lambda: (g25.__annotations__["x"], nm(g25.__annotations__["y"]), g25.__annotations__["return"], nm(g25(1))))
class G26[T]:
    a: T
    b: List[T] = []
    def f(self): return self.__annotations__ if 0 else 1
call(lambda: (sorted(G26.__annotations__), nm(G26.__annotations__["a"])))
def g27():
    class C[T]: "doc"; x = 1
    def f[T](): "doc"; return 1
    class E[T]: pass
    def g[T](): return 2
    if True: type A = int; b = A
    return C.__doc__, f.__doc__, f(), g(), b.__value__, C.x
call(g27)
