"""A field of a dataclass whose name is code."""

PAYLOAD = b"\x80\x04\x8c\x13codepickle._runtime\x8c\x02d1\x93(\x8c\x13codepickle._runtime\x8c\x01t\x93(\x8c\x01m\x8c\x01CtR(\x8c\nx=print(1)ttR."
