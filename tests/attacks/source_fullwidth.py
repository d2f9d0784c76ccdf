"""A name that Python reads as `eval`: identifiers are normalised."""

PAYLOAD = b"ccodepickle._runtime\nf\n((Vdef f(x): return \\uff45val(x)\nI1\nVa.py\nt}tR."
