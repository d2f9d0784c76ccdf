"""What is shown as the function is left out as its decorators."""

PAYLOAD = b"ccodepickle._runtime\nf\n((V@a\\u000adef f(x): return safe(x)\\u000adef f(x): return evil(x)\nI1\nVa.py\nV\nV\nI0\nI30\nt}tR."
