"""Loads a native library."""

PAYLOAD = b"\x80\x04\x8c\x06ctypes\x8c\x04CDLL\x93(\x8c\tlibc.so.6tR."
