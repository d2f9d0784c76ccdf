"""A lone carriage return in the header: a line for the compiler, and none for who counts line feeds."""

PAYLOAD = b"ccodepickle._runtime\nf\n((V def f(x): return safe(x)\nI2\nVa.py\nVdef f(x): return evil(x)\rdef o():\\u000a\nt}tR."
