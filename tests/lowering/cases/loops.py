"""continue in finally"""


def numbers(*values):
    for value in values:
        log(("next", value))
        yield value


def swallows(how):
    for x in numbers(1, 2, 3):
        try:
            if how == "raise":
                raise ValueError(x)
            if how == "return":
                return x
            if how == "break":
                break
            if how == "continue":
                continue
            log(x)
        finally:
            log(("finally", x))
            if x < 3:
                continue
            log("last")
        log("end")
    else:
        log("else")
        return "else"
    return "after"


for how in "raise", "return", "break", "continue", "":
    call(swallows, how)


def always():
    result = []
    for x, y in zip(range(3), "abc"):
        try:
            1 / 0
        finally:
            result.append((x, y)); continue
    return result, x


call(always)


def whiles(n):
    while log(n) > 0:
        n -= 1
        try:
            if n == 2:
                return "never"
            if n == 4:
                continue
        except ValueError:
            pass
        finally:
            with memoryview(b""):
                if n % 2: continue
        log("even")
    else:
        log("else")
    return n


call(whiles, 7)


def leaves():
    for x in numbers(1, 2, 3):
        try:
            pass
        finally:
            if x == 1: continue
            if x == 2: break
    else:
        log("never")
    return x


call(leaves)


def inner():
    for x in numbers(1, 2):
        for y in numbers(3, 4, 5):
            try:
                raise KeyError(y)
            finally:
                try:
                    log(y)
                finally:
                    if y == 3:
                        continue
                    if y == 5:
                        break
                    for z in numbers(6):
                        continue
                    continue
        else:
            continue
        log("broken")
        try:
            pass
        finally:
            for y in ():
                pass
            else:
                continue
        log("never")
    else:
        return "else"


call(inner)


def outer():
    for x in numbers(1, 2):
        for y in *numbers(x), *numbers(3):
            try:
                pass
            finally:
                continue
        else:
            if x == 1:
                continue
            break
        log("never")
    else:
        log("never")
    return x, y


call(outer)


def not_iterable(x):
    for y in x:
        try:
            pass
        finally:
            continue


call(not_iterable, 1)


class Once:
    """An iterator that is not iterable."""

    def __init__(self):
        self.count = 0

    def __next__(self):
        self.count += 1
        if self.count > 3:
            raise StopIteration
        return self.count


class Iterable:
    def __iter__(self):
        log("iter")
        return Once()


def once():
    found = []
    for x in Iterable():
        try:
            raise ValueError
        finally:
            found.append(x)
            continue
    return found


call(once)


def fails():
    for x in numbers(2, 1, 0):
        try:
            log(x)
        finally:
            if x == 2:
                continue
            if x == 0:
                1 / x
        log("end")


call(fails)


class Body:
    found = []
    for number in 1, 2, 3:
        try:
            1 / 0
        finally:
            found.append(number)
            continue
    while found and len(found) < 5:
        try:
            found.append(0)
        finally:
            continue
    else:
        found.append("else")


def names():
    return Body.found, sorted(name for name in vars(Body) if not name.startswith("__"))


call(names)

for number in numbers(1, 2):
    try:
        raise ValueError
    finally:
        continue
else:
    log("module")


def module():
    return [name for name in globals() if name.startswith("_" + "ck_")], number


call(module)


def seen():
    for x in 1, 2:
        try:
            pass
        finally:
            continue
    return sorted(locals())


call(seen)


def tabs(x):
	for y in x:
		text = """
	kept"""
		try:
			raise KeyError
		finally:
			if y: continue
			log(
		text)
		return y


call(tabs, [1, 2, 0, 3])


def narrow(x):
 for y in x:
  try:
   match y:
    case 1:
     log("one")
  finally:
   continue
 return y


call(narrow, [1, 2])


class Async:
    def __init__(self, *values):
        self.values = list(values)

    def __aiter__(self):
        log("aiter")
        return self

    async def __anext__(self):
        if not self.values:
            raise StopAsyncIteration
        return self.values.pop(0)


async def asynchronous(x):
    async for y in x:
        try:
            1 / 0
        finally:
            log(y)
            continue
    else:
        return "else"


call(asynchronous, Async(1, 2))


def generator():
    for x in numbers(1, 2):
        try:
            yield x
        finally:
            log(("finally", x))
            continue
    yield "end"


call(generator)


def closed():
    running = generator()
    next(running)
    try:
        running.throw(ValueError(1))
        running.close()
    except RuntimeError as error:
        return str(error)


call(closed)


def renamed(a, b, /):
    for b in numbers(1, 2):
        try:
            a = log((a, b))
        finally:
            if log(a): continue
    return a, b


call(renamed, 5, 6)
