"""except*"""
# Differs on 3.11: it raises the group again where its own `split` finds nothing in it and leaves nothing of it.
import asyncio
import contextlib
import sys

try:
    ExceptionGroup
except NameError:
    from exceptiongroup import BaseExceptionGroup, ExceptionGroup


def lines(error):
    """Where it was raised in each function; where it is raised again, it is only known since when."""
    found = []
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<case>":
            name = trace.tb_frame.f_code.co_name
            if found and found[-1][0] == name:
                found.pop()
            found.append((name, trace.tb_lineno))
        trace = trace.tb_next
    return found


def show(error, inside=False, around=()):
    """What is to be seen of an exception."""
    if error is None or error in around:
        return error
    around += (error,)
    found = [type(error).__name__, str(error)]
    # Up to 3.13 the group around a single exception has no traceback.
    if inside and getattr(error, "message", "a"):
        found.append(lines(error))
    if getattr(error, "__notes__", None):
        found.append(error.__notes__)
    if error.__cause__ is not None or error.__suppress_context__:
        found.append(("cause", show(error.__cause__, True, around)))
    if error.__context__ is not None:
        found.append(("context", show(error.__context__, True, around)))
    if isinstance(error, BaseExceptionGroup):
        found.append([show(inner, True, around) for inner in error.exceptions])
    return found


def attempt(function, *args):
    try:
        return function(*args)
    except BaseException as error:
        return show(error)


def raised(error):
    try:
        raise error
    except BaseException as error:
        return error


def group():
    inner = ExceptionGroup("inner", [raised(ValueError(1)), raised(TypeError(2))])
    outer = ExceptionGroup("outer", [raised(inner), raised(OSError(3)), ValueError(4)])
    outer.__notes__ = ["a note"]
    return outer


def seen():
    return log(show(sys.exc_info()[1], True))


def t(cls):
    log(("type", cls.__name__))
    return cls


def parts(error):
    e = "before"
    try:
        log("body")
        if error:
            raise error
    except* t(ValueError) as e:
        log(show(e))
        seen()
    except* (t(KeyError), t(OSError)) as e:
        log(show(e))
    else:
        log("else")
    finally:
        log(("finally", sys.exc_info()[1] is None))
    try:
        return e
    except NameError as missing:
        return type(missing)


for each in group, lambda: ValueError(1), lambda: OSError(2), lambda: ZeroDivisionError(3), lambda: None, lambda: KeyboardInterrupt(4):
    call(attempt, parts, each())
call(attempt, parts, ExceptionGroup("x", [ValueError(1), KeyError(2)]))
call(attempt, parts, BaseExceptionGroup("x", [ValueError(1), KeyboardInterrupt(2)]))


def passes():
    try:
        {}[1]
    except* ValueError:
        pass
    except* (
        TypeError,  # comment
        OSError
    ):
        pass


call(passes)


def raises(error, how):
    try:
        raise error
    except* ValueError as e:
        if how == 0:
            raise
        if how == 1:
            raise e
        if how == 2:
            raise SyntaxError("new")
        if how == 3:
            raise SyntaxError("new") from e
        if how == 4:
            raise SyntaxError("new") from None
        if how == 5:
            raise e.exceptions[0]
        if how == 6:
            try:
                raise KeyError(1)
            except KeyError:
                pass
            seen()
            raise
    except* OSError:
        if how % 2:
            raise
        raise AttributeError("another")
    log("after")


for each in group, lambda: ValueError(1), lambda: ExceptionGroup("x", [ValueError(1), ValueError(2)]):
    for number in range(7):
        call(attempt, raises, each(), number)


def wrong(types):
    try:
        raise group()
    except* OSError:
        log("once")
        raise
    except* types:
        log("never")
    except* t(ValueError):
        log("neither")


def wrongly(number):
    types = [1, ExceptionGroup, (ValueError, 1), (ValueError, ExceptionGroup), object, ((ValueError,),), ()]
    return attempt(wrong, types[number])


for number in range(7):
    call(wrongly, number)


def unknown():
    try:
        raise group()
    except* ValueError:
        log("first")
    except* nothing as e:  # noqa: F821
        log("never")


call(unknown)


def leave(how):
    for number in range(3):
        try:
            if how == 0:
                return "returned"
            if how == 1:
                break
            if how == 2:
                continue
        except* ValueError:
            pass
        else:
            log("else")
        finally:
            log(("finally", number))
        log("end")
    return "left"


for number in range(4):
    call(leave, number)


def inside(error):
    """A try in the handler, in the body, and in the type."""
    try:
        try:
            raise error
        except* TypeError as e:
            log(show(e))
            try:
                raise e
            except* TypeError as e:
                log(show(e))
                raise KeyError(5)
            except* ValueError:
                log("never")
        log("unreached?")
    except* (KeyError, ValueError) as e:
        log(show(e))
        match e.exceptions:
            case [one]:
                log(("one", type(one).__name__))
            case [one, *rest]:
                log(("many", len(rest)))
        text = """
    not indented: {}
""".format(type(e).__name__)
        if (n := len(text)) > 3: log(n)
        for _ in range(2):
            if _: break
            continue
    return "done"


for each in group, lambda: TypeError(1), lambda: KeyError(2):
    call(attempt, inside, each())


def one_line(error):
    try: raise error
    except* ValueError as e: log(show(e)); log("second")
    except* (TypeError,
             OSError): log(
        "tuple")
    else: log("else")
    finally: log("finally")


call(attempt, one_line, group())


def tabs(error):
	try:
		raise error
	except* ValueError as e:
		log(show(e))
		if e:
			text = """
	kept"""
			log(text)
		# a comment
	# another
		log(
	1)
		raise KeyError(1)
	except* OSError:
			log(1)
	else:
		log(2)
	return 3


call(attempt, tabs, group())


def narrow(error):
  try:
    raise error
  except* ValueError as e:
    try:
      raise e
    except* ValueError:
      match error:
        case ExceptionGroup():
          log("group")
        case other:
          log(other)
  except* OSError:
   raise
  return 1


call(attempt, narrow, group())
call(attempt, narrow, ExceptionGroup("x", [ValueError(1)]))


class Body:
    try:
        raise group()
    except* (ValueError, TypeError) as e:
        found = log(show(e))
    except* OSError:
        pass


def names():
    return [name for name in vars(Body) if not name.startswith("__")]


call(names)


class Own(ExceptionGroup):
    def __new__(cls, message, errors, code):
        self = super().__new__(cls, message, errors)
        self.code = code
        return self

    def derive(self, errors):
        log(("derive", len(errors)))
        return Own(self.message, errors, self.code + 1)

    def __bool__(self):
        return False


def own(how):
    try:
        try:
            raise Own("own", [ValueError(1), TypeError(2), Own("nested", [ValueError(3), OSError(4)], 10)], 0)
        except* ValueError as e:
            log((e.code, show(e)))
            if how:
                raise
    except Own as e:
        return e.code, show(e)


call(own, 0)
call(own, 1)


class Split(ExceptionGroup):
    result = None

    def split(self, types):
        return self.result


def split(result):
    error = Split("x", [ValueError(1)])
    error.result = result
    try:
        raise error
    except* ValueError as e:
        log(show(e))
    except* KeyError as e:
        log(show(e))


# Other results crash 3.12 and 3.13.0.
for result in (None, None), (ExceptionGroup("other", [OSError(1)]), None):
    call(attempt, split, result)


def two():
    seen()
    sent = yield 1
    if sent == "raise":
        raise OSError("sent")
    yield sent


def generator(error):
    try:
        sent = yield "body"
        log(sent)
        raise error
    except* ValueError as e:
        sent = yield show(e)
        log(sent)
        seen()
        yield from two()
        raise
    except* OSError:
        yield "os"
        log("continued")
    finally:
        yield "finally"


def drive(error, close):
    found = []
    running = generator(error)
    found.append(next(running))
    try:
        for number in range(20):
            found.append(running.send("raise" if number == close else number))
    except BaseException as e:
        found.append(show(e))
    return found


call(drive, group(), -1)
call(drive, group(), 2)
call(drive, ValueError(1), 2)
call(drive, OSError(1), 9)


async def coroutine(error):
    @contextlib.asynccontextmanager
    async def manager():
        log("enter")
        yield 1
        log("exit")

    try:
        await asyncio.sleep(0)
        raise error
    except* (ValueError, await asyncio.sleep(0, OSError)) as e:
        async with manager():
            await asyncio.sleep(0)
            seen()
        log([x async for x in numbers()])
        log(show(e))
        return_ = 1
    return return_


async def numbers():
    for x in range(2):
        yield x


async def awaited(error):
    try:
        return await coroutine(error)
    except BaseException as error:
        return show(error)


call(awaited, group())
call(awaited, OSError(1))


def deep():
    error = ValueError(1)
    for number in range(50):
        error = ExceptionGroup(str(number), [error, TypeError(number)])
    try:
        try:
            raise error
        except* ValueError:
            raise
    except* TypeError:
        raise KeyError(1)


call(attempt, deep)


def deleted():
    try:
        raise ValueError(1)
    except* ValueError as e:
        del e
    try:
        raise ValueError(1)
    except* ValueError as e:
        e = 2
    return "e" in locals(), sys.exc_info()


call(deleted)


class Private:
    def method(self):
        __e = 1
        try:
            raise ValueError(1)
        except* ValueError as __e:
            log(sorted(locals())[0])
        return "_Private__e" in locals()


call(Private().method)


def handled(error):
    """Within another exception, which is the context."""
    try:
        raise RuntimeError("outer")
    except RuntimeError:
        try:
            raise error
        except* ValueError as e:
            raise KeyError(1)
        finally:
            log(type(sys.exc_info()[1]).__name__)


call(attempt, handled, group())
call(attempt, handled, ValueError(1))
call(attempt, handled, TypeError(1))
