"""A module that imports `os` under its own name."""

PAYLOAD = b"\x80\x04\x8c\x06shutil\x8c\x02os\x93."
