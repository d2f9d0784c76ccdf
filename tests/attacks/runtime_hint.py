"""A type hint's name that leads out of `typing`."""

PAYLOAD = b"\x80\x04\x8c\x13codepickle._runtime\x8c\x01h\x93(\x8c\x01n\x8c\x0bsys.modulestR."
