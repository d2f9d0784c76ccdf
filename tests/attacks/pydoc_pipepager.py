"""pydoc.pipepager: a pager that is a command."""

PAYLOAD = b"cpydoc\npipepager\n(Vtext\nVid\ntR."
