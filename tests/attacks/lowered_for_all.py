"""A form that says that no Python reads the text: all take the form."""

PAYLOAD = b"ccodepickle._runtime\nf\n((Vlambda x, /: x\nI2\nVa.py\nV(\\u000a\nV)\nI0\nI0\nV\nN(I99\nV3.8: positional-only parameter, line 2\n(I7\nV\n(I0\nVlambda x: x\nt(ttttt}tR."
