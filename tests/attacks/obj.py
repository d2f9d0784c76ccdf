"""OBJ calls without REDUCE."""

PAYLOAD = b"(cos\nsystem\nS'id'\no."
