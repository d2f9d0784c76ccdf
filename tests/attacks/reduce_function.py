"""`functools.reduce` calls what it is given."""

PAYLOAD = b"\x80\x04\x8c\tfunctools\x8c\x06reduce\x93(\x8c\x08builtins\x8c\x07getattr\x93]\x8c\x01xatR."
