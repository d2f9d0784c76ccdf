"""A dotted name through the runtime."""

PAYLOAD = b"\x80\x04\x8c\x13codepickle._runtime\x8c\rbuiltins.eval\x93(\x8c\x011tR."
