"""A state for a member of an enum, which is the same object everywhere: another value for all."""

PAYLOAD = b"\x80\x04chttp\nHTTPStatus\nK\xc8\x85R}\x8c\x07_value_M\xf4\x01sb."
