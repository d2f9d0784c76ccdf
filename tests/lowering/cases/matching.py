"""match: every pattern."""
import collections
import enum


class Color(enum.Enum):
    RED = 1
    BLUE = 2


class Point:
    __match_args__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __repr__(self):
        return "Point(%r, %r)" % (self.x, self.y)


class Loud:
    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return log(name)

    def __eq__(self, other):
        log(("eq", other))
        return False

    def __repr__(self):
        return "Loud"


class LoudSeq(collections.abc.Sequence):
    def __len__(self):
        log("len")
        return 3

    def __getitem__(self, index):
        log(index)
        if index > 2:
            raise IndexError
        return index

    def __repr__(self):
        return "LoudSeq"


def every(x):
    match log(x):
        case None:
            return "none"
        case True | False:
            return "bool"
        case 0 | -1 | 1.5 | 2 + 3j:
            return "number"
        case "a" | b"b":
            return "text"
        case Color.RED:
            return "red"
        case []:
            return "empty"
        case [1, (2 | 3) as b]:
            return b
        case [1, 4 as b] | [4, 1, b] if log(b):
            return "or", b
        case Point(0, y=0):
            return "origin"
        case Point(x=a, y=Point(_, b)):
            return a, b
        case Point(a, b) if a == log(b):
            return "diagonal", a
        case {"k": 1, **rest}:
            return rest
        case {"k": [a, *_, b], "l": c}:
            return a, b, c
        case {}:
            return "mapping"
        case (first, *middle, last):
            if middle:
                return first, middle, last
            return "pair"
        case [*every]:
            return every
        case str(text) | bytes(text):
            return text
        case int() | float() as n:
            for i in range(2):
                n += i
            return n
        case (
            Loud(  # comment
                p=1
            )
            | Loud(q="q")
        ):
            return "loud"
        case other:
            return other


for value in [
    None, True, 0, -1, 1.5, 2 + 3j, "a", b"b", Color.RED, Color.BLUE, [], (), [1, 2], (1, 3), [1, 4], [4, 1, 0], [4, 1, 5],
    Point(0, 0), Point(1, Point(2, 3)), Point(4, 4), Point(4, 5), {"k": 1}, {"k": 1, "z": 2}, {"k": [1, 2], "l": 3},
    {"k": [1], "l": 3}, {"z": 0}, {}, [7, 8, 9], [7, 8], [7], "text", b"bytes", 10, 2.5, Loud(), LoudSeq(), range(3),
    collections.deque([1, 2]), collections.UserDict(k=1), bytearray(b"x"), memoryview(b"x") == 1, {1}, frozenset(), object,
]:
    call(every, value)


def names(x):
    try:
        match x:
            case [a, b] if b > 1:
                pass
            case [a, c]:
                pass
        return a
    finally:
        log(sorted(locals()) == sorted(locals()))


call(names, [1, 2])
call(names, [1, 1])
call(names, [1])


def unbound(x):
    match x:
        case [a, 1]:
            pass
    return a


call(unbound, [0, 1])
call(unbound, [0, 2])


def loops(items):
    found = []
    for item in items:
        match item:
            case 0: continue
            case 9: break
            case [x, y] if (z := x) == y:
                with open("/dev/null"):
                    found.append((x, z))
            case [x]: found.append(x)
    else:
        found.append("else")
    return found


call(loops, [0, [1, 1], [2, 3], [4]])
call(loops, [0, 9, [1]])


def captured(x):
    match x:
        case [a, *b] if (lambda: a)():
            if a:
                return lambda: (a, b)
        case {"f": f, **g} if g:
            while g:
                match g:
                    case {"n": [n, *_]}:
                        if n:
                            return n
                        return "nested"
                    case _:
                        break
            return f


def run(x):
    found = captured(x)
    return found() if callable(found) else found


call(run, [1, 2, 3])
call(run, [0, 2, 3])
call(run, {"f": 1, "n": [5]})
call(run, {"f": 1, "n": [0]})
call(run, {"f": 1, "m": [0]})


class Bad:
    __match_args__ = ["x"]
    x = 1


class Worse:
    __match_args__ = ("x", 1)
    x = 1


class Twice:
    __match_args__ = ("x", "x")
    x = 1


def errors(x, c):
    match x:
        case c(1, 1):
            return 1
        case _:
            return 2


for value, cls in [(Bad(), Bad), (Worse(), Worse), (Twice(), Twice), (1, int), (1, "int"), (1, str), (Point(1, 1), Point), (None, Loud())]:
    call(errors, value, cls)


def duplicate(x, k):
    match x:
        case {k.a: 1, k.b: 2}:
            return 1


class K:
    a = b = "k"


call(duplicate, {"k": 1, "l": 2}, K)


def subject(*x):
    match log(1), *x, (y := 5):
        case 1, 2, 5: return "unparenthesised", y
        case 1, *_, 5: return "star"
        case _: return y


call(subject, 2)
call(subject, 3)


def index(x):
    match x:
        case [_, *_, 2]:
            return "last"
        case [a, _, *_]:
            return a


call(index, LoudSeq())
call(index, [1, 2])
call(index, [1, 3])


def generator(items):
    match (yield 1):
        case None:
            yield "none"
    for item in items:
        match item:
            case int(n) if (yield n):
                yield "never"
            case str(s):
                yield s


call(generator, [1, "s", 2])


async def asynchronous(x):
    async def get(v):
        return v

    match await get(x):
        case {"a": a} if await get(a):
            return a
        case _:
            return "no"


call(asynchronous, {"a": 1})
call(asynchronous, {"a": 0})


class Private:
    def __init__(self):
        self.__x = 3

    def method(self, v):
        match v:
            case self.__x:
                return "private"
            case [__y] if __y:
                if __y:
                    return __y


call(lambda: Private().method(3))
call(lambda: Private().method([4]))

glob = 0


def globally(x):
    global glob
    match x:
        case [glob] if glob:
            if True:
                return globals()["glob"]


call(globally, [8])


def non():
    v = 1

    def inner(x):
        nonlocal v
        match x:
            case [v] if v:
                if v:
                    pass
        return v

    return inner([6]), v


call(non)
match [1, 2]:
    case [top, _] if top:
        if top:
            call(lambda: top)


def watched(x):
    match x:
        case [a, 1]:
            pass
        case [a, b] if b > 2:
            if b:
                pass
        case {"k": c}:
            c = c
    return sorted(locals())


for value in [[0, 1], [0, 2], [0, 3], {"k": 1}, 0]:
    call(watched, value)


class Body:
    value = 3
    match [1, 2]:
        case [value, 1]:
            a = 1
        case [b, c] if b:
            if c:
                d = c


call(lambda: sorted(name for name in vars(Body) if not name.startswith("__")))
call(lambda: sorted(name for name in globals() if name.startswith("_" "ck_")))


def soft(x):
    "Docstring."
    if match := x:
        return match
    while kind := x + 1:
        return [other := kind, match]


call(soft, 0)
call(soft, 1)
