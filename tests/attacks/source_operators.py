"""Source that is nested deeply without a bracket: operators, calls, attributes."""

PAYLOAD = b"ccodepickle._runtime\nf\n((Vlambda: %s1\nI2\nVa.py\nV(\\u000a\nV)\nt}tR." % (b"-" * 200000)
