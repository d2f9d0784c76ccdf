"""A head that looks like that of a self-contained payload."""

PAYLOAD = b"\x80\x04\x8c\x08builtins\x8c\x04exec\x93(\x8c\rboot(z, wire)}(\x8c\x01zC\x01x\x8c\x04wireK\x01utR0N."
