"""Opens a page."""

PAYLOAD = b"\x80\x04\x8c\nwebbrowser\x8c\x04open\x93(\x8c\x01xtR."
