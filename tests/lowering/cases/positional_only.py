"""Positional-only parameters: the names in `locals()` and in annotations."""
# Differs on pypy: it notes annotations in the order of the parameters.
def a1(a, b=2, /, *c, d=1, **kw): return sorted(locals().items())
call(a1, 1, 3, a=5)
def a2(a, b, /):
    if a: return sorted(locals())
    return vars()
call(a2, 1, 2); call(a2, 0, 2)
def a3(a, /):
    """Doc."""
    def g(): return a
    return dir(), g()
call(a3, 1)
def a4(a, /):
    for a in a: pass
    return eval("a"), locals()
call(a4, [1])
def a5(a, /):
    with open("/dev/null") as f, open("/dev/null"): return sorted(k for k in locals() if k != "f")
call(a5, [1])
def a6(a, /):
    try: return locals()
    finally: log(a)
call(a6, 1)
def a7(a, /):
    try:
        while a:
            a -= 1
            return locals()
    finally: log(a)
call(a7, 1); call(a7, 0)
def a8(a: int, b: "str" = "x", /, c: float = 3, *d: bytes, e: list = None, **f: dict) -> tuple: return a
call(lambda: list(a8.__annotations__.items()))
def a9(a, b: int, /, c, d: str): pass
call(lambda: list(a9.__annotations__.items()))
class K:
    def m(self, __x: int, y: str, /, __z: float) -> None: return locals()
    @staticmethod
    def s(__x: int, /): return __x
    @property
    def p(self: "K", /): return 1
call(lambda: (list(K.m.__annotations__.items()), K.s.__annotations__, K.s(1), K().p, K.p.fget.__annotations__, sorted(K().m(1, 2, 3))))
def a10[T](a: T, /, b: T = None) -> T: return a
call(lambda: [(k, v.__name__) for k, v in a10.__annotations__.items()])
async def a11(a: int, /): return sorted(locals()), a11.__annotations__
call(a11, 1)
def a12(a: int, /):
    yield locals()
    yield a12.__annotations__
call(a12, 1)
def a13(a, /):
    def inner(b: a, c: int = a, /, *args: *[a]): return sorted(locals())
    return inner(1), list(inner.__annotations__.items())
call(a13, 1)
def a14(a: (x := 5), /): return a, x, a14.__annotations__
call(a14, 1)
