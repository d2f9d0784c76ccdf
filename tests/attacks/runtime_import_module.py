"""The runtime's own `import_module`."""

PAYLOAD = b"\x80\x04\x8c\x13codepickle._runtime\x8c\rimport_module\x93(\x8c\x0bantigravitytR."
