"""The namespace of a real module, filled: `os.getcwd` is another function from now on."""

PAYLOAD = b"\x80\x04\x8c\x08builtins\x8c\x04vars\x93(\x8c\x13codepickle._runtime\x8c\x01m\x93(\x8c\x02ostRtR\x8c\x06getcwd\x8c\x08builtins\x8c\x04exit\x93s."
