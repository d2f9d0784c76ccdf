"""Type parameters and `type` statements."""

from typing import Any, Callable, Dict, Generic, List, Optional, Tuple, Union, get_type_hints


def shown(params):
    """Kinds and names, and what is evaluated on demand."""
    found = []
    for param in params:
        kind = type(param).__name__
        lazy = (param.__bound__, param.__constraints__) if kind == "TypeVar" else ()
        found.append((kind, param.__name__, repr(param), param.__module__) + lazy)
    return found


def deco(tag):
    log(("deco", tag))

    def apply(obj):
        log((tag, shown(obj.__type_params__)))
        return obj

    return apply


@deco(log(1))
@deco(log(2))
def function[T: log(int), U: (log(int), str)](x: T, *, y: List[U] = log(3)) -> Dict[T, U]:
    """Docstring."""
    return T, U, x, y, (lambda: [T for _ in "a"])()


call(lambda: function(1))
call(lambda: (function.__name__, function.__qualname__, function.__doc__, function.__module__, function.__kwdefaults__))
call(lambda: shown(function.__type_params__))
call(lambda: shown(function.__type_params__))
call(lambda: get_type_hints(function))
call(lambda: function.__annotations__)
call(lambda: function()[0])


@deco(0)
class Plain[T, U: "int"]:
    """Docstring."""

    x: List[T] = []

    def get[V: T](self, value: U, other: V = log(4)) -> T:
        return T, U, V, value, other, __class__, super().__init__()

    __p = T

    class Inner[T]:
        outer = U

        def get(self):
            return T, U


call(lambda: (Plain.__bases__, Plain.__orig_bases__, Plain.__parameters__, Plain.__doc__, Plain.__annotations__))
call(lambda: Plain().get(1))
call(lambda: (Plain[int, str], Plain.get.__qualname__, Plain._Plain__p is Plain.__type_params__[0]))
call(lambda: shown(Plain.get.__type_params__ + Plain.__type_params__))
call(lambda: (Plain.Inner().get(), Plain.Inner.outer, Plain.Inner.__type_params__[0] is Plain.__type_params__[0]))


class Sub[
    K,  # a comment
    W: (
        int,
        str,
    ),
](Plain[K, int], Dict[K, List[W]], **dict(metaclass=type)):
    pass


class Child(Sub[int, str]):
    pass


class Empty[T](): x = T


call(lambda: (Sub.__bases__, Sub.__orig_bases__, Sub.__parameters__, shown(Sub.__type_params__), Sub[str, int]))
call(lambda: (vars(Child).get("__type_params__"), Child.__bases__, Child.__parameters__))
call(lambda: (Empty.__bases__, Empty.x, Empty[int]))


class First[T](
    Plain if False else Exception,  # not the last
):
    def only(self): pass


call(lambda: First.__bases__)


def twice():
    class C[T](Generic[T]):
        pass


call(lambda: type(twice))


class Options[T](metaclass=type(log("meta"))and type, **{}):
    def __init_subclass__(cls, **options):
        log((cls.__name__, options, "__type_params__" in vars(cls), cls.__orig_bases__))
        super().__init_subclass__()


class Optioned[T](Options[T], a=log(1), b=T):
    pass


class Starred[T](Options, a=log(1), *[log(Exception)], b=T): pass


call(lambda: Optioned.__mro__)
call(lambda: Starred.__orig_bases__)


def local(n):
    made = []
    for i in range(n):
        @deco(i)
        def inner[T: (lambda: i)()](x: T) -> T:
            return T, i

        def same[T](x: T):
            def deeper[U: T]():
                return T, U

            return deeper, T

        type Alias[V: i] = Union[V, "T"]
        made.append((inner, same, Alias))
    return [
        (
            f(0),
            f.__type_params__[0] is f(0)[0],
            f.__annotations__["x"] is f(0)[0],
            g(0)[0]()[0] is g.__type_params__[0],
            g(0)[1] is g.__type_params__[0],
            shown(g(0)[0].__type_params__)[0][-2] is g.__type_params__[0],
            a.__value__.__args__[0] is a.__type_params__[0],
            a.__type_params__[0].__bound__,
        )
        for f, g, a in made
    ], len({id(f.__type_params__[0]) for f, _, _ in made}), T


T = "global"
call(local, 1)
call(local, 3)


def scopes(T):
    """The names around stay."""

    def f[T](x: T): return T

    def g[T, U](x: T):
        def h(T): return T, U

        return h(1), [T for T in "a"], (lambda T: T)(2), T

    class C[T]:
        T = T if False else "own"
        f = lambda self: T

        def g[T](self):
            global U
            U = T
            return U

    def k[T]():
        T = 5

        def n():
            nonlocal T
            T += 1
            return T

        return n()

    def e[T](x=T):
        try:
            raise ValueError(x)
        except ValueError as T:
            return T

    return f(0), g(0), C.T, C().f(), C().g(), k(), e(), T


U = 1
call(scopes, 7)
call(lambda: U)


def bare(x):
    with __import__("contextlib").suppress():
        def f[T](y: T = None): return f"{T} {T!r:>5} {T=}"
        def g[p](p: p, /): return p
        if x is None:
            class C[Q]: pass
            return C.__type_params__, C.__qualname__
        return f(), g(2), f.__code__.co_freevars, f.__qualname__


call(bare, 0)
call(bare, None)


def debug[T](x):
    return f"{T=} {x=}", f"{'a'}{T = !s:>{x}}"


call(debug, 3)


class Lazily:
    name = int
    type F = f"{name=}"
    type A = Tuple[name, later, outside]
    type B[outside: name] = Tuple[outside, "name"]
    type R = Optional[R]

    def m[name: (name, List[later])](self, x: name) -> List[name]: pass

    later = str


outside = bytes
name = float
call(lambda: Lazily.A.__value__)
call(lambda: Lazily.F.__value__)
call(lambda: (Lazily.B.__value__, Lazily.B.__type_params__[0].__bound__))
call(lambda: (shown(Lazily.m.__type_params__), Lazily.m.__annotations__))
call(lambda: Lazily.R.__value__.__args__[0] is Lazily.R)


def in_function(name):
    class C:
        global outside
        type A = (name, Missing, outside)
        type B = name
        outside = 3
        name = str

    C.name = dict
    Missing = 4
    return C.A, C.A.__value__, C.B.__value__, name


call(in_function, 1)


type Simple = log(int)
type Generic1[T] = Callable[[T], Simple]; x = Simple
type Multi[
    # comment
    T,
    *Ts,
    **P,
] = (
    List[T],  # comment
    Callable[P, T].__args__,
    0,
)
type Never = missing
type match[type] = List[type]
call(lambda: (Simple, Simple.__name__, Simple.__module__, Simple.__type_params__, Simple.__parameters__))
call(lambda: (Simple.__value__, Simple.__value__))
call(lambda: (Simple.__value__, x is Simple))
call(lambda: (Generic1.__value__, Generic1[int], Generic1[int].__args__, Generic1[int].__origin__ is Generic1))
call(lambda: (Multi.__value__, shown(Multi.__type_params__), match.__value__))
call(lambda: Never.__value__)
call(lambda: Simple[int])
call(lambda: (Optional[Simple].__args__[0], Union[Simple, str], List[Generic1[str]], Dict[str, Simple]))
call(lambda: setattr(Simple, "__value__", 1))


def variadic[*Ts, **P](f: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> Callable[P, List[P]]:
    return Ts, P


call(lambda: (variadic(0), shown(variadic.__type_params__)))
call(lambda: (variadic.__annotations__["args"], variadic.__annotations__["f"].__args__))
call(lambda: variadic.__annotations__["f"].__parameters__)


class Specced[T, **P]:
    call: Callable[P, T]


call(lambda: (Specced.__parameters__, Specced.__orig_bases__[0].__args__, Specced.__annotations__["call"].__args__))


class Variadic[T, *Ts]:
    pass


call(lambda: (Variadic.__parameters__, Variadic.__bases__))


class Private[__T]:
    def m[__U: __T](self, x: __T, y: __U):
        return __T, __U

    type __A[__V] = Tuple[__V, __T]
    got = __A


call(lambda: (Private().m(0, 0), Private.m.__annotations__, Private.got.__value__, Private.got.__name__))


async def asynchronous():
    @deco(1)
    async def f[T](x: T): return T
    return await f(0), [T async for T in agen()]


async def agen[T](x: T = 1):
    yield T


call(asynchronous)


def error[T: 1 / 0](x):
    return T, 1 / x


call(error, 0)
call(lambda: error.__type_params__[0].__bound__)


def grouped(x):
 try:
  def f[T](y: T): return T
  class C[T]:
   def m[U](self): return T, U
  if not x: raise ValueError(1)
  return f(1), C().m()
 except* ValueError:
  class D[V]:
   for w in [V]: pass
  log(D.w)
 return 0


call(grouped, 1)


def again(n):
    """The functions of a class in a loop keep its type parameters."""
    made = []
    for i in range(n):
        class C[T: (lambda: i)(), V: (T, lambda: V), *U](Base):
            """Text."""
            one = lambda self: T
            two = [lambda: (T, v) for v in "ab"]
            type A[V: T] = (T, V)

            def m(self, q=lambda: U):
                def inner(): return T
                return inner(), U, q(), __class__

            @staticmethod
            def g[W: (T, U)](): return [T for _ in "a"], W

            class D(Base if n else T):
                def n(self): return T, __class__

            async def co(self): return T

        made.append(C)
    for i, C in enumerate(made):
        t, v, u = C.__type_params__
        d = C.D().n()
        log((v.__constraints__[0] is t, v.__constraints__[1]() is v))
        log((t.__bound__ == i, C().one() is t, C.two[0]()[0] is t, C.A.__value__[0] is t, d[0] is t, d[1] is C.D))
        log((C.A.__type_params__[0].__bound__ is t, C.g.__type_params__[0].__constraints__ == (t, u), C.g()[0][0] is t))
        log(tuple(a is b for a, b in zip(C().m(), (t, u, u, C))))
        log((C.m.__qualname__, C.m.__name__, C.one.__qualname__, C.D.n.__qualname__, C.g.__qualname__))


class Base:
    pass


call(again, 3)


class Written:
    """What 3.12 has no functions in."""

    type X[T] = [(lambda: (T, x))() for x in "ab"]

    def f[T: [str][0]](self, x: (lambda: T)()): return T

    class C[T](*(Base for _ in "a")): t = T


call(lambda: (Written.X.__value__, Written.f.__annotations__["x"] is Written.f.__type_params__[0], Written.C.t))


def assigned(x):
    class C[T, U]:
        if x:
            T = (U, "own")
        u = U

    return C.__type_params__, vars(C).get("T"), C.u


call(assigned, 0)
call(assigned, 1)
