"""A path with an escape sequence, for the terminal that shows a traceback."""

PAYLOAD = b"ccodepickle._runtime\nf\n((Vdef f(): 1/0\nI1\nV\x1b]0;owned\x07a.py\nt}tR."
