"""The call is made before the pickle ends too early."""

PAYLOAD = b"\x80\x04\x8c\x02os\x8c\x06getpid\x93(tR"
