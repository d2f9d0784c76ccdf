"""The protocol changes in the middle, and with it the meaning of names."""

PAYLOAD = b"\x80\x02c__builtin__\neval\n\x80\x04(Vx\ntR."
