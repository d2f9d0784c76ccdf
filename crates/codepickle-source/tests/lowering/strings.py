def f(x, d):
    a = f"{x=} {x + 1 = :>4} {{}}"
    b = f"{d["k"]}" f'{x}' "plain"
    c = f"{"\n".join(x)}\\ {
        x  # comment
    }"
    return rf'{d['k']:{d['w']}}\d', f"{f"{f"{x}"}"}"


def g(x):
    return f"{x + 1 = # comment
    }", f"{x:{x=}}"


h = lambda a, /: (b := a) + b
