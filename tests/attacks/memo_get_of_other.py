"""A name taken out of the memo under a number that was put twice: readers that skip PUT see another name."""

PAYLOAD = b"\x80\x04\x8c\x03lenq\x010\x8c\x04evalq\x010\x8c\x08builtinsh\x01\x93\x8c\x011\x85R."
