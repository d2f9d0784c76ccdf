"""INST calls without REDUCE."""

PAYLOAD = b"(S'id'\nios\nsystem\n."
