"""The wire format's own `m` imports what it is told."""

PAYLOAD = b"\x80\x04\x8c\x13codepickle._runtime\x8c\x01m\x93(\x8c\x0bantigravitytR."
