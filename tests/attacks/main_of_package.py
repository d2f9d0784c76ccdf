"""A package's `__main__`: importing it is running it."""

PAYLOAD = b"ccodepickle._runtime\nm\n(Vpip.__main__\ntR."
