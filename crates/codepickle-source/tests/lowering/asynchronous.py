async def nested(x):
    a = [[y async for y in z] for z in x]
    b = [[await y for y in z] for z in x if {f(w) async for w in z}]
    c = [[[y async for y in z] for z in w] for w in x]
    d = ([y async for y in z][0] for z in x)
    e = {y: {y: 1 async for y in
             z} for z in x}
    f = [[y async for y in z] + [y async for y in w] for z in x]
    return a, b, c, d, e, f, [(y async for y in z) for z in x]


async def plain(x):
    return [y for y in [z async for z in x]], [lambda: [y for y in x] async for y in x]


async def said(x):
    return [[y async for y in z] async for z in x], [([y async for y in z], await z) for z in x]
