"""A second pickle after the first, for readers that go on."""

PAYLOAD = b"\x80\x04N.\x80\x04\x8c\x02os\x8c\x06getpid\x93(tR."
