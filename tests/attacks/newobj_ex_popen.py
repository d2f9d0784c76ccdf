"""The same with keywords."""

PAYLOAD = b"\x80\x04\x8c\nsubprocess\x8c\x05Popen\x93)}\x8c\x04args\x8c\x02ids\x92."
