"""REDUCE with nothing on the stack."""

PAYLOAD = b"\x80\x04R."
