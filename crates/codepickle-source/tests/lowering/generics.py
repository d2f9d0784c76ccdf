@decorate
def function[T: int, *Ts, **P](x: T = T) -> Dict[T, P]:
    return [T for _ in x], lambda T: T


async def private[__T: (int, str)](x: __T): return __T


class Plain[T]:
    """Docstring."""

    x: T

    def method[U: T](self, y: U): return T, U


class Derived[
    K,  # a comment
    V: (
        int,
        str,
    ),
](Base[K], (Other), metaclass=Meta):
    type Pair[V] = Dict[K, V]
    def method(self): pass


type Simple = int; x = 1
type Generic1[T: Bound] = (
    List[T]  # a comment
)


def outer(T):
    for i in T:
        def kept[A](x: A): return A

        def renamed[T](x: T): return T
    with T:
        class Local[B]: x = B
        return kept, renamed, Local


def compound():
    class C[T]:
        def get(self): return T
