"""A class made by NEWOBJ rather than called."""

PAYLOAD = b"\x80\x04\x8c\nsubprocess\x8c\x05Popen\x93\x8c\x02id\x85\x81."
