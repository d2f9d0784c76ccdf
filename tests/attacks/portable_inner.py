"""What only the payload of a portable function refers to, outside of one."""

PAYLOAD = b"\x80\x04ccodepickle._portable\ninner\nK\x00\x85R."
