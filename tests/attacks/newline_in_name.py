"""STACK_GLOBAL with a line feed in the module's name: one line in a log, two names."""

PAYLOAD = b"\x80\x04\x8c\tmath\nos\nx\x8c\x06system\x93."
