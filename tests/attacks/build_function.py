"""A state for a function by its name, which a reader may lose by that: attributes of what everybody uses."""

PAYLOAD = b"\x80\x04cos\nsystem\nN}Vos\ncsys\nmodules\ns\x86b."
