def f[T = int, *Ts = *tuple[int], **P = [int]](x: T): return Ts


class C[T: int, U = T]: pass
