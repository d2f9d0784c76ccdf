"""Characters that reorder what is shown (Trojan Source): the comment is code."""

PAYLOAD = b"ccodepickle._runtime\nf\n((Vdef f(admin):\\u000a    access = 'user\\u202e \\u2066# if admin\\u2069 \\u2066'\\u000a    return access\nI1\nVa.py\nt}tR."
