"""`a` sets attributes of an object that is not of the payload."""

PAYLOAD = (
    b"\x80\x04\x8c\x13codepickle._runtime\x8c\x01a\x93(\x8c\x04json\x8c\x05dumps\x93N}\x8c\x07__doc__\x8c\x01xstR."
)
