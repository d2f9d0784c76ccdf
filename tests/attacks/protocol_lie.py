"""Opcodes of protocol 4 in a pickle of protocol 0."""

PAYLOAD = b"\x8c\x02os\x8c\x06getpid\x93)R."
