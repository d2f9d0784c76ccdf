"""A dotted name through special attributes."""

PAYLOAD = b"\x80\x04\x8c\x04json\x8c\x15dumps.__globals__.get\x93(\x8c\x01xtR."
