"""A protocol that does not exist."""

PAYLOAD = b"\x80\xffN."
