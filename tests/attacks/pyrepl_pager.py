"""_pyrepl.pager.pipe_pager (3.13): a shell command."""

PAYLOAD = b"c_pyrepl.pager\npipe_pager\n(Vtext\nVid\ntR."
