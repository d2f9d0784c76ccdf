"""`setattr` in the way of exceptions, on a class."""

PAYLOAD = b"\x80\x04\x8c\x08builtins\x8c\x07setattr\x93(\x8c\x07decimal\x8c\x07Decimal\x93\x8c\t__cause__NtR."
