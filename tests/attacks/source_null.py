"""A zero byte in the text: where C ends a string, and Python does not."""

PAYLOAD = b"ccodepickle._runtime\nf\n((Vdef f(x): return safe(x)\x00 or evil(x)\nI1\nVa.py\nt}tR."
