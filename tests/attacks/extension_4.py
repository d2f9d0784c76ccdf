"""An extension code of four bytes, negative."""

PAYLOAD = b"\x80\x04\x84\xff\xff\xff\xff."
