"""A name with a character in it that is not shown: two names that look the same."""

PAYLOAD = b"ccodepickle._runtime\nf\n((Vdef f(x, x\\u200d1): return x\nI1\nVa.py\nt}tR."
