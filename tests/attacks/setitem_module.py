"""SETITEM on a namespace of the interpreter."""

PAYLOAD = b"\x80\x04\x8c\x03sys\x8c\x07modules\x93\x8c\x04jsonNs."
