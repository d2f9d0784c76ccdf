"""except*: within loops, generators, classes and in each other."""
import asyncio, sys
try:
    ExceptionGroup
except NameError:
    from exceptiongroup import BaseExceptionGroup, ExceptionGroup

def show(e, d=0):
    if e is None or d > 6: return None
    found = [type(e).__name__, str(e).split(" (")[0]]
    if isinstance(e, BaseExceptionGroup): found.append([show(i, d + 1) for i in e.exceptions])
    if e.__cause__: found.append(("cause", show(e.__cause__, d + 1)))
    if e.__context__: found.append(("ctx", show(e.__context__, d + 1)))
    return found
def att(f, *a):
    try: return f(*a)
    except BaseException as e: return show(e)
def eg(*a): return ExceptionGroup("g", list(a))
def x1(n):
    out = []
    for i in range(n):
        try:
            for j in range(3):
                try:
                    if j == 1: continue
                    if i == 2: break
                    raise eg(ValueError(j), KeyError(i))
                except* ValueError as e:
                    out.append(show(e))
                    for k in range(2):
                        if k: break
                        else: continue
                finally:
                    out.append("f")
        except* KeyError as e:
            out.append(("outer", show(e)))
        else:
            out.append("else")
    return out
call(att, x1, 3)
def x2():
    try:
        try: raise eg(ValueError(1))
        finally: log(show(sys.exc_info()[1]))
    except* ValueError as e:
        log(show(sys.exc_info()[1]))
        def g(): return e
        h = lambda: show(e)
        log(h())
    try: return g()
    except NameError as n: return type(n).__name__
call(att, x2)
def x3():
    try: raise eg(ValueError(1), TypeError(2), OSError(3))
    except* (ValueError, TypeError) as e:
        del e
        raise KeyError("k")
    except* OSError as e:
        e = 5
        raise e2 if False else IndexError(1)
call(att, x3)
def x4():
    try: raise eg(ValueError(1))
    except* ValueError:
        try: raise eg(TypeError(1))
        except* TypeError:
            raise
call(att, x4)
def x5():
    def gen():
        try:
            yield 1
        except* ValueError as e:
            yield show(e)
            yield show(sys.exc_info()[1])
        finally:
            yield "fin"
        yield "end"
    g = gen(); next(g)
    return [g.throw(ValueError("t")), next(g), next(g), next(g)]
call(att, x5)
def x6():
    def gen():
        try:
            yield 1
        except* ValueError as e:
            yield show(e)
    g = gen(); next(g); g.throw(ValueError("t"))
    return g.throw(KeyError("in clause"))

def x7():
    def gen():
        try: yield 1
        except* GeneratorExit as e: log(show(e)); raise
    g = gen(); next(g); g.close(); return "closed"
call(att, x7)
async def x8():
    async def f(n):
        if n: raise n
    try:
        await f(eg(ValueError(1), OSError(2)))
    except* ValueError as e:
        await asyncio.sleep(0)
        try: await f(KeyError(1))
        except* KeyError as e2: log(show(e2))
        log(show(e))
    except* OSError:
        async with A() as a: log(a)
        return_ = [i async for i in ag()]
    return return_
class A:
    async def __aenter__(self): return 1
    async def __aexit__(self, *a): return False
async def ag():
    for i in range(2): yield i
call(x8)
class Sub(ExceptionGroup):
    def derive(self, excs): return Sub(self.message + "!", excs)
def x9():
    try: raise Sub("s", [ValueError(1), Sub("t", [KeyError(2), ValueError(3)])])
    except* ValueError as e: log((type(e).__name__, show(e)))
call(att, x9)
def x10():
    try: raise eg(ValueError(1), eg(KeyError(1), eg(ValueError(2))))
    except* KeyError: pass
    except* ValueError as e: raise e.exceptions[0]
call(att, x10)
def x11():
    try:
        try: 1/0
        except* ValueError: pass
    except ZeroDivisionError as e: return show(e), e.__traceback__.tb_lineno - x11.__code__.co_firstlineno
call(att, x11)
def x12():
    try: raise eg(ValueError(1), KeyError(2))
    except* ValueError:
        try: raise OSError(9)
        except* OSError: pass
    except* KeyError: pass
    else: return "else"
    return "done"
call(att, x12)
def x13(types):
    try: raise eg(ValueError(1))
    except* types() as e: return_ = show(e)
    return return_
call(att, x13, lambda: ValueError); call(att, x13, lambda: (KeyError, ValueError)); call(att, x13, lambda: ()); call(att, x13, lambda: 1/0); call(att, x13, lambda: int); call(att, x13, lambda: [ValueError])
def x14():
    e = "outer"
    try: raise KeyError(1)
    except* ValueError as e: pass
    except* KeyError: return_ = e
    return return_
call(att, x14)
def x15():
    class C:
        try: raise eg(ValueError(1))
        except* ValueError as e: n = len(e.exceptions)
        else: m = 1
        finally: o = 2
    return sorted(k for k in vars(C) if k[0] != "_")
call(att, x15)
try: raise eg(ValueError(1))
except* ValueError as toperr: topn = show(toperr)
call(lambda: (topn, "toperr" in globals()))
def x16():
    global glob16
    try: raise eg(ValueError(1))
    except* ValueError as glob16: log(show(glob16))
    return "glob16" in globals()
call(att, x16)
def x17():
    v = 0
    def inner():
        nonlocal v
        try: raise eg(ValueError(1))
        except* ValueError as v: log(show(v))
    inner()
    try: return v
    except NameError as n: return type(n).__name__
call(att, x17)
def x18():
    try: raise eg(*[ValueError(i) for i in range(2)])
    except* ValueError as e:
        while True:
            try:
                if e: break
            finally: log("inner fin")
        match e.exceptions:
            case [a, b] if (c := str(b)): return_ = show(a), c
    return return_
call(att, x18)
def x19():
    try: raise BaseExceptionGroup("b", [KeyboardInterrupt(), ValueError(1)])
    except* Exception as e: log((type(e).__name__, show(e)))
call(att, x19)
def x20():
    err = ValueError(1)
    try: raise err
    except* ValueError as e:
        return_ = e.exceptions[0] is err, type(e).__name__, str(e)
    return return_, show(err.__context__)
call(att, x20)
def x21():
    g = eg(ValueError(1), TypeError(2))
    try:
        try: raise g
        except* ValueError: raise
    except ExceptionGroup as e: return e is g, show(e), show(g)
call(att, x21)
def x22():
    g = eg(ValueError(1), TypeError(2))
    try:
        try: raise g
        except* KeyError: pass
    except ExceptionGroup as e: return e is g
call(att, x22)
def x23():
    g = eg(ValueError(1), TypeError(2))
    try:
        try: raise g
        except* ValueError as e: raise e
        except* TypeError as e: raise e from None
    except BaseException as e: return show(e), e.__suppress_context__
call(att, x23)
def x24():
    try:
        try: raise eg(ValueError(1))
        except* ValueError: raise OSError(1)
        finally: raise KeyError(2)
    except* KeyError as e: return_ = show(e)
    return return_
call(att, x24)
def x25():
    with __import__("contextlib").suppress(KeyError):
        try: raise eg(KeyError(1))
        except* KeyError: raise KeyError(3)
    return 1
call(att, x25)
def x26(n):
    try:
        if n: raise eg(ValueError(n))
    except* ValueError:
        x26(n - 1)
        log(show(sys.exc_info()[1]))
    return n
call(att, x26, 3)
def x27():
    try:
        raise eg(ValueError(1))
    except* ValueError as e:
        f = [lambda: e for _ in "a"][0]
        log(show(f()))
        e = 3
        log(f())
    try: return f()
    except NameError as n: return type(n).__name__
call(att, x27)
def x28():
    try: pass
    except* ValueError: pass
    else:
        try: return "r"
        finally: log("f")
call(att, x28)
def x29():
    out = []
    for i in range(4):
        try:
            if i == 1: raise eg(ValueError(1))
            if i == 3: return out
        except* ValueError: out.append("c")
        else:
            if i == 2: continue
            out.append(i)
        finally: out.append("f")
        out.append("e")
call(att, x29)
