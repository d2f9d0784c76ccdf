"""Arguments are changed after they were memoised."""

PAYLOAD = b"\x80\x04]\x940\x8c\x02os\x8c\x06system\x93h\x00\x8c\x02ida0(h\x00tR."
