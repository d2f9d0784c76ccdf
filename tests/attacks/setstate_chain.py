"""BUILD calls `__setstate__` of what a call returned."""

PAYLOAD = b"\x80\x04\x8c\x07logging\x8c\x06Filter\x93(tR}\x8c\x04name\x8c\x01xsb."
