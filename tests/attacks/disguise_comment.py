"""A header that ends in a comment: what is shown as the function is the comment, and the function is in the header."""

PAYLOAD = b"ccodepickle._runtime\nf\n((Vdef f(x): return safe(x)\nI1\nVa.py\nVdef f(x): return evil(x)  #\nt}tR."
