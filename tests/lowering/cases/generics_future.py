"""Type parameters where annotations are kept as text."""

from __future__ import annotations

from typing import List


def f[T: List](x: T, y: List[T] = []) -> "T":
    z: T = x
    return T, z


class C[T](List[T]):
    x: T

    def m[U](self, x: T, y: U) -> T: return T, U


call(lambda: (f(1), f.__annotations__, f.__type_params__[0].__bound__))
call(lambda: (C().m(1, 2), C.__annotations__, C.m.__annotations__, C.__orig_bases__))


def starred[*Ts](*args: *Ts, x: int = 1):
    @(lambda made: made)
    def inner(*args: * Ts): pass
    return inner.__annotations__


class Starred:
    def m(self, *__args: *Tuple[int, str]): pass


call(starred)
call(lambda: (starred.__annotations__, Starred.m.__annotations__))
