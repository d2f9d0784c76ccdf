"""Integers with equal hashes."""

PAYLOAD = (
    b"\x80\x04}("
    + b"".join(b"\x8a\x10" + ((2**61 - 1) * (2**64 + i)).to_bytes(16, "little") + b"N" for i in range(10001))
    + b"u."
)
