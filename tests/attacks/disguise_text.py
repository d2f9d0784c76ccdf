"""A text that closes the brackets around it, and has a second lambda."""

PAYLOAD = b"ccodepickle._runtime\nf\n((Vlambda x: safe(x)), (lambda x: evil(x)\nI2\nVa.py\nV(\\u000a\nV)\nt}tR."
