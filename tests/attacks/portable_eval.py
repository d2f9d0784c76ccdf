"""An expression as `portable` has it, with another text."""

PAYLOAD = b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93(\x8c\x0cgroup[index]}(\x8c\x05group]\x8c\x05indexK\x00utR."
