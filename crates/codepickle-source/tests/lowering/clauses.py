def f(*a):
    with (open(a) as b,  # comment
          open(c)):
        yield 1, *a
    for x in 1, *a: x: tuple = 1, 2
    @a[0].b
    @c.d(1)
    def g(): return a[*a], a[1, *a]
    try: pass
    except A, B: pass
    return {k(x): v(x) for x in a}, {x: v(x) for x in a}
