"""More entries in the memo than are allowed."""

PAYLOAD = b"\x80\x04N" + b"\x94" * 1000001 + b"."
