"""A default factory that is called on the first missing key."""

PAYLOAD = b"\x80\x04\x8c\x0bcollections\x8c\x0bdefaultdict\x93(\x8c\x02os\x8c\x06getpid\x93tR."
