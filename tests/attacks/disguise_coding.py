"""A coding cookie and a byte order mark in a text: it is text already."""

PAYLOAD = b"ccodepickle._runtime\nf\n((V# coding: utf-7\\u000adef f(x): return safe(x)\nI1\nVa.py\nVdef f(x): return 1 #\nt}tR."
