"""Two functions in a text, of which the one is shown by name and the other is taken by its name."""

PAYLOAD = b"ccodepickle._runtime\nf\n((Vdef f(x): return safe(x)\\u000adef g(x): return evil(x)\nI1\nVa.py\nV\nV\nI0\nI0\nV\nVg\nt}tR."
