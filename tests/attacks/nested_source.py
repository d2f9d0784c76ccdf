"""Source nested 100,000 levels."""

PAYLOAD = b"\x80\x04ccodepickle._runtime\nc\n(V" + b"lambda: " + b"-" * 100000 + b"1\nK\x01Va.py\ntR."
