"""Lays texts out in another way, at random: what they do stays."""

import io
import random
import tokenize

#: What may stand between two tokens outside of brackets, and inside of them.
GAPS = ["  ", "\t", " \\\n", " \\\n\t "]
WIDE_GAPS = ["\n", "  # it's\n  ", "\n\n\t", " \\\n ", '  # """ f"{\n']
#: What is one token for Python, and several for `tokenize`.
STRINGS = {"FSTRING_START": 1, "FSTRING_END": -1, "TSTRING_START": 1, "TSTRING_END": -1}


def changed(text, seed):
    """The text with other white space, comments, line continuations, indentation and line ends."""
    chance = random.Random(seed)
    unit = chance.choice(["\t", " ", "  ", "        ", "    "])
    end = chance.choice(["\n", "\n", "\r\n"])
    rate = chance.choice([0, 0.02, 0.1])
    out = []
    depth = strings = 0
    levels = [""]
    last = (1, 0)
    is_first = True
    before = ""
    lines = text.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        name = tokenize.tok_name[token.type]
        if name in ("ENDMARKER", "ENCODING"):
            break
        if name == "INDENT":
            levels.append(levels[-1] + unit)
            last = token.end
            continue
        if name == "DEDENT":
            levels.pop()
            last = token.start
            continue
        between = gap(lines, last, token.start)
        last = token.end
        if name in STRINGS:
            strings += max(STRINGS[name], 0)
        if is_first and depth == 0 and (strings == 0 or (name in STRINGS and strings == 1)):
            if name not in ("NL", "COMMENT"):
                between = ("\f" if rate and chance.random() < 0.02 and len(levels) == 1 else "") + levels[-1]
                is_first = False
        elif strings - (name in STRINGS and STRINGS[name] > 0) == 0 and name not in ("NEWLINE", "NL", "COMMENT"):
            if chance.random() < rate and between.strip(" \t") == "":
                # `1if x` and the like need none; none is taken away.
                between += chance.choice(WIDE_GAPS if depth else GAPS)
        elif name == "NEWLINE" and strings == 0 and depth == 0 and chance.random() < rate and not between:
            between = chance.choice(["  # a comment", "\t", "" if before == ":" else ";"])
        before = token.string
        out.append(between)
        out.append(token.string if name not in ("NEWLINE", "NL") else "\n")
        if name == "OP" and strings == 0:
            depth += (token.string in "([{") - (token.string in ")]}")
        if name in STRINGS:
            strings += min(STRINGS[name], 0)
        if name in ("NEWLINE", "NL") and depth == 0:
            is_first = True
    return "".join(out).replace("\n", end)


def gap(lines, start, stop):
    """The text between two places."""
    if start[0] == stop[0]:
        return lines[start[0] - 1][start[1] : stop[1]] if start[0] <= len(lines) else ""
    middle = "".join(lines[start[0] : stop[0] - 1])
    return lines[start[0] - 1][start[1] :] + middle + (lines[stop[0] - 1][: stop[1]] if stop[0] <= len(lines) else "")
