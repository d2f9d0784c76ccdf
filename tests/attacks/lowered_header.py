"""A header of a form for older Pythons, with a function in it."""

PAYLOAD = b"ccodepickle._runtime\nf\n((Vlambda x, /: x\nI2\nVa.py\nV(\\u000a\nV)\nI0\nI0\nV\nN(I8\nV3.8\n(I7\nV\n(I0\nVlambda x: x\nt(t(tV(lambda x: evil(x))\\u000a\ntttt}tR."
