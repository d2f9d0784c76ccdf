def f(a, b=1, /, *, c): return a + b


def g(
    self,
    /,  # comment
    x
):
    """Docstring."""
    return self


def h(a, /):
    if a: pass


def starred(a, *args: *Ts, b: int = 1) -> None:
    def inner(*args: * (
        tuple[int, *Ts]  # comment
    )): pass


def late(a, b, /):
    while a:
        a -= b


def nested(a, /):
    try:
        async def g(x=a): pass
    finally: pass
