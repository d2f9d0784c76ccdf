"""A string of 4 GiB."""

PAYLOAD = b"\x80\x04X\xff\xff\xff\xffabc."
