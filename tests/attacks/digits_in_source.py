"""An integer of a million digits in source."""

PAYLOAD = b"\x80\x04ccodepickle._runtime\nc\n(V" + b"lambda: " + b"9" * 1000000 + b"\nK\x01Va.py\ntR."
