"""Arguments that are no tuple, and so change after they are looked at."""

PAYLOAD = b"\x80\x04\x8c\x02os\x8c\x06system\x93]\x8c\x02idaR."
