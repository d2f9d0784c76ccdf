"""A pickle in a pickle."""

PAYLOAD = b"\x80\x04\x8c\x06pickle\x8c\x05loads\x93(C\x0ccos\nsystem\n.tR."
