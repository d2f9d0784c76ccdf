"""Starts the debugger."""

PAYLOAD = b"\x80\x04\x8c\x08builtins\x8c\nbreakpoint\x93(tR."
