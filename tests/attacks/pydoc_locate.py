"""pydoc.locate: any object by its dotted name."""

PAYLOAD = b"cpydoc\nlocate\n(Vos.system\ntR."
