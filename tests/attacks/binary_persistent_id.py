"""The same with an identifier from the stack."""

PAYLOAD = b"\x80\x04\x8c\x01xQ."
