"""Runs a module."""

PAYLOAD = b"\x80\x04\x8c\x05runpy\x8c\nrun_module\x93(\x8c\x04thistR."
