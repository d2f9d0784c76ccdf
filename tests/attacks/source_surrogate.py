"""A lone surrogate in the text, which no file can hold."""

PAYLOAD = (
    b"\x80\x04ccodepickle._runtime\nf\n((X\x0e\x00\x00\x00def f(): '\xed\xa0\x80'K\x01X\x04\x00\x00\x00a.pyt}\x86R."
)
