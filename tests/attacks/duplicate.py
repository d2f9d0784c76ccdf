"""DUP, which no pickler writes."""

PAYLOAD = b"\x80\x04\x8c\x02os\x8c\x06getpid\x93)2\x86."
