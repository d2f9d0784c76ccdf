"""The same on Windows."""

PAYLOAD = b"\x80\x04\x8c\x02nt\x8c\x06system\x93(\x8c\x03dirtR."
