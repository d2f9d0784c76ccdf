"""Installs a package."""

PAYLOAD = b"\x80\x04\x8c\x03pip\x8c\x04main\x93(]\x8c\x07installatR."
