"""Defaults of type parameters."""
# Differs on 3.12: `typing` has type variables whose class cannot be extended and has no `__default__`.

from typing import Generic, List


def defaults[T = log(int), *Ts = *log((str,)), **P = [log(int)]]():
    return T, Ts, P


call(lambda: [(p.has_default(), p.__default__) for p in defaults()])
call(lambda: [p.has_default() for p in none.__type_params__])


def none[T, *Ts, **P](): pass


class C[T: int, U = List[Missing]]:
    pass


type X[T = (int if Later else str)] = List[T]


call(lambda: (C.__parameters__, C.__bases__, [p.has_default() for p in C.__type_params__]))
call(lambda: C.__type_params__[1].__default__)
Missing = Later = int
call(lambda: C.__type_params__[1].__default__)
call(lambda: (X.__type_params__[0].__default__, X.__value__))
