"""A module's name with a lone surrogate in it."""

PAYLOAD = b"\x80\x04X\x05\x00\x00\x00os\xed\xa0\x80\x8c\x06system\x93."
