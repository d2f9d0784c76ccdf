"""A second lambda on the line, in the trailer: the last one of a line is what the runtime takes."""

PAYLOAD = b"ccodepickle._runtime\nf\n((Vlambda x: safe(x)\nI2\nVa.py\nV(\\u000a\nV, lambda x: evil(x))\nt}tR."
