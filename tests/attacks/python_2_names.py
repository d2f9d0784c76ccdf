"""A name of Python 2, which protocols below 3 translate."""

PAYLOAD = b"c__builtin__\neval\n(S'1'\ntR."
