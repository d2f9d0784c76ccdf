"""APPEND to a list of the interpreter: a directory to import from."""

PAYLOAD = b"\x80\x04\x8c\x03sys\x8c\x04path\x93\x8c\x04/tmpa."
