"""Source compiled, and the code object called."""

PAYLOAD = b"\x80\x04\x8c\x05types\x8c\x0cFunctionType\x93(\x8c\x08builtins\x8c\x07compile\x93(\x8c\x011\x8c\x01x\x8c\x04evaltR}tR)R."
