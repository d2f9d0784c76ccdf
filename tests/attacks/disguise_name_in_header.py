"""A name with a line feed in it, for whoever pastes names into a header."""

PAYLOAD = (
    b"ccodepickle._runtime\nf\n((V def f(x): return safe(x)\nI3\nVa.py\nVdef o(y):\\u000a import evil\\u000a\nt}tR."
)
