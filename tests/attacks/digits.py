"""An integer of a million digits."""

PAYLOAD = b"L" + b"9" * 1000000 + b"L\n."
