"""Names that write to the terminal of who looks."""

PAYLOAD = b"\x80\x04\x8c\x02os\x8c\n\x1b[2Jsystem\x93."
