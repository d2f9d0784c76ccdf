"""Bytecode in the wire format."""

PAYLOAD = b"\x80\x04\x8c\x13codepickle._runtime\x8c\x01b\x93(K\x01\x8c\x0cCPython 3.11\x8c\x01fK\x00C\x01xtR."
