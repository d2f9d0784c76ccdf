"""Annotations of names that functions declare global."""
# Differs on pypy: that of 3.9 refuses them as CPython 3.7 does, whose form it could run; `lower` goes by versions of CPython.


def uses():
    global noted, bare, pair, spread
    return noted, pair, spread


if 1:
    noted: log(int) = log("value")
bare: (log(str)
    )
pair: tuple = 1, *[2]
spread: dict = {
    1: 2
}; after: int = 4
spread: \
    log(list) = \
    3


class Other:
    noted: int = 3


call(uses)
call(lambda: __annotations__)
