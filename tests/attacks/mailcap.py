"""mailcap.findmatch (to 3.12): its test is a shell command."""

PAYLOAD = b"cmailcap\nfindmatch\n(}Va\ntR."
