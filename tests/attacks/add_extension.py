"""Registers an extension code, and uses it."""

PAYLOAD = b"\x80\x04\x8c\x07copyreg\x8c\radd_extension\x93(\x8c\x02os\x8c\x06systemK\x07tR0\x82\x07."
