"""`os.system` under the name of the module that has it."""

PAYLOAD = b"\x80\x04\x8c\x05posix\x8c\x06system\x93(\x8c\x02idtR."
