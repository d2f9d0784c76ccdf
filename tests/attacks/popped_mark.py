"""A call below a mark, thrown away with it."""

PAYLOAD = b"\x80\x04(\x8c\x02os\x8c\x06getpid\x93(tR1N."
