"""match: what is asked of subjects, in which order, and what fails."""
import asyncio, collections, sys, types

def c1(x):
    # names bound before a later failure
    try:
        match x:
            case [a, b, {"k": c}] if log((a, b, c)) and 1/0:
                return 1
    except ZeroDivisionError:
        return a, b, c
call(c1, [1, 2, {"k": 3}])

class E1:
    __match_args__ = ("p", "q")
    p = 1
    @property
    def q(self): raise AttributeError("q")
    @property
    def r(self): raise KeyError("r")

def c2(x):
    match x:
        case E1(a, b): return a, b
        case E1(r=a): return a
        case E1(a): return a
call(c2, E1())

def c3(x):
    match x:
        case [a, a2, *_, z]:
            del a
            try:
                a
            except NameError as e:
                return type(e).__name__, a2, z
call(c3, [1,2,3,4])

def c4(x):
    def get(): return y
    match x:
        case {"a": y} if get() > 1: return get()
        case {"b": y}: return lambda: get()
    return "none"
for v in {"a": 1}, {"a": 2}, {"a": 0, "b": 5}:
    call(c4, v)

class Meta(type):
    def __instancecheck__(cls, x):
        log(("check", x)); return x == 5
class Virtual(metaclass=Meta):
    pass
def c5(x):
    match x:
        case Virtual(real=r): return r
        case Virtual(): return 1
        case Virtual(z): return z
call(c5, 5); call(c5, 6)

def c6(x):
    match x:
        case str() | bytes() | bytearray(): return "t"
        case [*_]: return "s"
        case {}: return "m"
        case _: return "o"
for v in "ab", b"ab", bytearray(b"a"), memoryview(b"a"), range(2), collections.deque(), collections.OrderedDict(), types.MappingProxyType({}), {1}, collections.ChainMap(), __import__("array").array("b", [1]), collections.UserList([1]), collections.UserString("s"):
    call(c6, v)

def c7(x, *, k=None):
    match x, k:
        case (1 | 2 as a), None: return "a", a
        case (int(a) | str(a)), [b, *c]: return a, b, c
        case _ if (n := k): return n
        case _: return "nothing"
call(c7, 1); call(c7, "x", k=[1, 2]); call(c7, "x", k=5); call(c7, "x", k=0)

G = 1
def c8():
    global G
    for G in [1, 2]:
        match G:
            case 2 as G: pass
    def inner():
        global H
        if (H := G + 1): return H
    return inner(), [(G := q) for q in (7, 8)], G
call(c8); call(lambda: (G, H))

def c9(x):
    match x:
        case {**r}: r["new"] = 1; return r, x
call(c9, {"a": 1})

def c10(k, v):
    match v:
        case {k.x: 1, k.x: 2}: return 1
        case {k.x: a}: return a
class KK:
    @property
    def x(self): return log("key")
try:
    call(c10, KK(), {"key": 1, "z": 3})
except SyntaxError: pass

def c11(*args, **kw):
    match args, kw:
        case ((), {}): return 0
        case ((x,), {"k": y, **rest}) if not rest: return x, y
        case (x, *y), z: return x, y, z
call(c11); call(c11, 1, k=2); call(c11, 1, k=2, l=3)

def c12(n):
    # deep nesting of functions in match in loops in try in with
    out = []
    for i in range(n):
        try:
            match i:
                case 0 | 1:
                    for j in range(3):
                        match j:
                            case 1: continue
                            case 2: break
                        out.append((i, j))
                    else:
                        out.append("else")
                case 2:
                    try:
                        continue
                    finally:
                        match i:
                            case 2 if (z := i): out.append(z)
                case _ if i > 4: break
                case y: out.append([lambda: y][0]())
        finally:
            out.append("f")
    return out
call(c12, 7)

def c13():
    class A:
        x = 1
        match [1, 2]:
            case [x, y] if (w := x + y): pass
        def f(self):
            match self:
                case A(x=v, w=__z): return v, __z
    return A().f(), A.x, A.y, A.w
call(c13)

def c14(x):
    match x:
        case {"a": {"b": [{"c": (d, e)}, *f]}, **g}:
            return [d, e, f, g, (lambda: [d for d in f])()]
call(c14, {"a": {"b": [{"c": (1, 2)}, 3, 4]}, "z": 9})

class Weird:
    def __eq__(self, o):
        log("eq"); return NotBool()
class NotBool:
    def __bool__(self): raise ValueError("no bool")
def c15(x):
    match x:
        case 1 | 2: return "eq"
call(c15, Weird())

class LenFails(collections.abc.Sequence):
    def __len__(self): raise OSError("len")
    def __getitem__(self, i): raise IndexError
def c16(x):
    match x:
        case [_]: return 1
call(c16, LenFails())
class LenBig(collections.abc.Sequence):
    def __len__(self): return 2
    def __getitem__(self, i):
        if i > 2: raise IndexError
        return i
def c17(x):
    match x:
        case [a, b]: return a, b
call(c17, LenBig())
class LenSmall(collections.abc.Sequence):
    def __len__(self): return 3
    def __getitem__(self, i):
        if i > 0: raise IndexError
        return i
def c18(x):
    match x:
        case [a, *b, c]: return a, b, c
        case [a, _, c]: return a
call(c18, LenSmall())
def c19(x):
    match x:
        case [a, _, c]: return a
        case [*_, c]: return c
call(c19, LenSmall())
class GetMissing(dict):
    def __missing__(self, k): return "missing"
def c20(x):
    match x:
        case {"q": v}: return v
        case {}: return "none"
call(c20, GetMissing(a=1)); call(c20, collections.defaultdict(int)); call(c20, collections.defaultdict(int, a=1, q=3))
class Get2(dict):
    def get(self, *a): log(("get", a[0], len(a))); return super().get(*a)
call(c20, Get2(q=5)); call(c20, Get2(r=5))
def c21(x):
    match x:
        case {None: a}: return a
        case {-0.0: a, "z": b}: return a, b
call(c21, {None: 2}); call(c21, {0: 2, "z": 1})
def c22(x):
    match x:
        case True: return "t"
        case 1: return 1
        case 1.0 | 2: return 2
        case -3: return -3
        case 0 + 0j: return "z"
for v in True, 1, 1.0, 2, 2.0, -3, False, None: call(c22, v)
def c23(x):
    match x:
        case int(real=1, imag=0) as z: return z
        case int(5 | 6 as q, real=r): return q, r
        case float(f, real=5): return f
for v in 1, 5, True, 5.0, 6: call(c23, v)
class MA(int):
    __match_args__ = ("real", "numerator")
def c24(x):
    match x:
        case MA(a, b): return a, b
        case int(a): return a
call(c24, MA(4)); call(c24, 4)
class SubInt(int): pass
def c25(x):
    match x:
        case SubInt(a): return "sub", a
        case _: return 0
call(c25, SubInt(3))
class Slots:
    __slots__ = ("a",)
    __match_args__ = ("a",)
def c26(x):
    match x:
        case Slots(a): return a
        case Slots(): return "unset"
call(c26, Slots())
def c27(x):
    match x:
        case Slots(1, a=2): return 1
s = Slots(); s.a = 1
call(c27, s)
def c28(x):
    match x:
        case Slots(a=1, b=2): return 1
        case Slots(a=q): return q
call(c28, s)
def c29(x):
    match x:
        case zk.foo: return 1
        case _: return 2
class zk: foo = 3
zk_1 = 5
zk1 = 6
def c30(x):
    match x:
        case [zk_1, *zk1]: return zk_1, zk1, zk.foo
call(c29, 3); call(c30, [1, 2])
def c31(x):
    match x:
        case [a]: pass
        case [a, b]: pass
        case _: a = "default"
    return locals().get("a"), sorted(locals())
for v in [1], [1, 2], 3: call(c31, v)
def c32(x):
    match x:
        case [1, y] | [y, 2] | {"y": y}: return y
        case [(1 | 2) as p, ((3 | 4) as q) | (5 as q)]: return p, q
for v in [1, 7], [7, 2], {"y": 3}, [2, 4], [2, 5], [9, 9], [1, 2]: call(c32, v)
match G:
    case int() as top2: call(lambda: top2)
def c33():
    yield 1
    match (yield 2):
        case [x, *y] if (yield x): yield y
        case None: yield from [3, 4]
call(c33)
def gen():
    g = c33(); out = [next(g), next(g)]
    out.append(g.send([5, 6])); out.append(g.send(1))
    return out
call(gen)
def c34(x):
    match x:
        case "a" "b": return 1
        case b"a" b"c": return 2
        case """q
r""": return 3
        case r"\d": return 4
for v in "ab", b"ac", "q\nr", "\\d": call(c34, v)
def c35(match, case, type, _):
    match match:
        case case if case == _: return case
        case type.case: return type
        case _: return _
class TT: case = 4
for v in [1, 2, TT, 1], [4, 5, TT, 5], [6, 7, TT, 8]: call(c35, *v)
def c36(x):
    match x: 
        case [Point2(x=0) as p, *_] | {"p": p}: return p.x
class Point2:
    x = 0
    def __repr__(self): return "P2"
call(c36, [Point2()]); call(c36, {"p": Point2()})
def c37(x):
    match x:
        case (a): return a
def c38(x):
    match (x):
        case (): return "empty"
        case (a,): return a
        case a, : return a
        case [(a)]: return a
        case ((a, (b))): return a, b
for v in (), (1,), (1, 2): call(c38, v); call(c37, v)
def c39(x):
    match -x:
        case -1: return 1
    match [x]:
        case [1]: return 2
    match {x: 1}:
        case {2: 1}: return 3
    match (x, 1)[0]:
        case 3: return 4
    match *[x], :
        case 4, : return 5
    match lambda: x:
        case f: return f()
for v in 1, 2, 3, 4, 5, -1: call(c39, v)
