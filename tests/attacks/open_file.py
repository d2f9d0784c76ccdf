"""Opens a file for writing."""

PAYLOAD = b"\x80\x04\x8c\x08builtins\x8c\x04open\x93(\x8c\t/dev/null\x8c\x01wtR."
