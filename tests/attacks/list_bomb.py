"""A million lists and one."""

PAYLOAD = b"\x80\x04(" + b"]" * 1000001 + b"t."
