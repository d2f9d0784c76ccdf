"""An object that the reader is asked for."""

PAYLOAD = b"Pos.system\n."
