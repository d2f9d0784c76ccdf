"""The same by its newer name."""

PAYLOAD = b"\x80\x04\x8c\rpip._internal\x8c\x04main\x93(]\x8c\x07installatR."
