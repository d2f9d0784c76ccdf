"""A string of negative length."""

PAYLOAD = b"T\xff\xff\xff\xffabc."
