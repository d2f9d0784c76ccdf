def f(xs):
    match xs:
        case +1 | + 2.5:
            return [*x for x in xs], {**x for x in xs}
        case {+3: +4 - 1j}: return [*(y := x) for x in xs], {
            **(z := x)  # comment
            for x in xs
        }
