"""Runs a text, in the guise of a benchmark."""

PAYLOAD = b"\x80\x04\x8c\x06timeit\x8c\x06timeit\x93(\x8c\x011tR."
