"""A thousand forms for older Pythons of a long text: each is a text of its own for who shows them."""

FORM = b"(I7\nV\n(t(tt"
PAYLOAD = b"ccodepickle._runtime\nf\n((Vlambda x, /: x%s\nI2\nVa.py\nV(\\u000a\nV)\nI0\nI0\nV\nN(I8\nV3.8\n%stt}tR." % (
    b" + x" * 1000,
    FORM * 1000,
)
