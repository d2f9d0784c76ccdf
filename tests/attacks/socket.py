"""Opens a connection."""

PAYLOAD = b"\x80\x04\x8c\x06socket\x8c\x11create_connection\x93(\x8c\x01xK\x01tR."
