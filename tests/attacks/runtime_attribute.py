"""A name of the runtime that is none of the format: a module that it imports."""

PAYLOAD = b"\x80\x04\x8c\x13codepickle._runtime\x8c\x03sys\x93."
