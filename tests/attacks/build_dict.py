"""BUILD replaces a method of an instance."""

PAYLOAD = b"\x80\x04\x8c\x08argparse\x8c\tNamespace\x93(tR}\x8c\x08__call__\x8c\x02os\x8c\x06system\x93sb."
