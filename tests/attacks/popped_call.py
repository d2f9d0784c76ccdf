"""A call whose result is thrown away is a call."""

PAYLOAD = b"\x80\x04\x8c\x02os\x8c\x06getpid\x93(tR0N."
