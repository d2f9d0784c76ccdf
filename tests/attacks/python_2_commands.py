"""A module of Python 2 that has another name now."""

PAYLOAD = b"ccommands\ngetoutput\n(S'id'\ntR."
