"""A name that looks like `safe`, with a Cyrillic letter in it."""

PAYLOAD = b"ccodepickle._runtime\nf\n((Vdef f(x): return s\\u0430fe(x)\nI1\nVa.py\nt}tR."
