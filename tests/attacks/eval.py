"""Source in a string."""

PAYLOAD = b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93(\x8c\x19__import__('os').getpid()tR."
