"""A default value in the function around the text: nothing evaluates it, and nobody should have to know that."""

PAYLOAD = b"ccodepickle._runtime\nf\n((V def f(x): return safe(x)\nI2\nVa.py\nVdef o(y=evil()):\\u000a\nt}tR."
