"""A module imported for what importing it does."""

PAYLOAD = b"\x80\x04\x8c\timportlib\x8c\rimport_module\x93(\x8c\x0bantigravitytR."
