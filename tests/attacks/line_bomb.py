"""Source that says it begins at line 10**12."""

PAYLOAD = b"\x80\x04ccodepickle._runtime\nc\n(Vdef f(): 1\nL1000000000000L\nVa.py\ntR."
