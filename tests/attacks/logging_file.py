"""logging.FileHandler: opens, creates and empties any file."""

PAYLOAD = b"clogging\nFileHandler\n(V/tmp/x\nVw\ntR."
