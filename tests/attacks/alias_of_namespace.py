"""The namespace of a module, asked for twice: one of them is changed where nobody looks."""

R = b"ccodepickle._runtime\n"
PAYLOAD = (
    R
    + b"v\n(Vm\ntRq\x000"
    + b"cbuiltins\nvars\nq\x01(h\x00tRVg\ncbuiltins\neval\ns0"
    + R
    + b"f\n((Vdef f(x): return g(x)\nI1\nVa.py\nth\x01(h\x00tRtR."
)
