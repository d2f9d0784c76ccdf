"""A column so large that the spaces before the text take all memory."""

PAYLOAD = b"ccodepickle._runtime\nf\n((Vlambda: 1\nI2\nVa.py\nV(\\u000a\nV)\nI1000000000000000\nt}tR."
