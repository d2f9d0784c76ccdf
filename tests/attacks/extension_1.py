"""An extension code: a name from the registry."""

PAYLOAD = b"\x80\x04\x82\x01."
