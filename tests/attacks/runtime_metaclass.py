"""A class whose base is one that starts processes."""

PAYLOAD = b"\x80\x04\x8c\x13codepickle._runtime\x8c\x01t\x93(\x8c\x01m\x8c\x01C(\x8c\nsubprocess\x8c\x05Popen\x93ttR."
