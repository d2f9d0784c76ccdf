"""A program in a string."""

PAYLOAD = b"\x80\x04\x8c\x08builtins\x8c\x04exec\x93(\x8c\timport ostR."
