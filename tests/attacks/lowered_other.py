"""A form for older Pythons that is not what lowering makes of the text: other code there than is shown."""

PAYLOAD = b"ccodepickle._runtime\nf\n((Vlambda x, /: x\nI2\nVa.py\nV(\\u000a\nV)\nI0\nI0\nV\nN(I8\nV3.8: positional-only parameter, line 2\n(I7\nV\n(I0\nVlambda x: evil(x)\nt(ttttt}tR."
