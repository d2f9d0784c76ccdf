"""A lazy import, resolved when it is loaded before 3.15."""

PAYLOAD = b"\x80\x04\x8c\x13codepickle._runtime\x8c\x01u\x93(\x8c\x0bantigravitytR."
