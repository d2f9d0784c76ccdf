"""Source that is not what it looks like: what ``inspect`` finds in texts."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Iterator, Optional, Tuple

from . import _native
from ._runtime import defined_name

#: What `c` has where an argument is left out, from the header on (docs/wire-format.md).
_DEFAULTS: Tuple[Any, ...] = ("", "", 0, 0, "", None, None)

#: More forms for older Pythons than lowering makes: there are two at most.
MOST_FORMS = 8

#: Characters that change the order in which others are shown: what is read is not what is compiled (CVE-2021-42574).
_REORDERING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

#: Letters of other scripts that look like Latin ones.
_LOOKALIKES = frozenset(
    "\u0430\u0441\u0501\u0435\u04bb\u0456\u0458\u04cf\u03bf\u03c1\u043e\u051b\u0455\u03c5\u03bd\u051d"
    "\u0445\u0443\u0410\u0412\u0415\u0421\u041d\u0406\u0408\u041a\u041c\u041e\u0420\u0405\u0422\u0423"
    "\u0425\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
)

_WORD = re.compile(r"[^\W\d]\w*")


def whole(arguments: Tuple[Any, ...]) -> Optional[Tuple[Any, ...]]:
    """The ten arguments of `c`; None where they are not what it takes."""
    given = tuple(arguments[:10])
    given += _DEFAULTS[len(given) - 3 :] if len(given) >= 3 else (None,) * 10
    text, line, path, header, trailer, column, decorators, futures, name, _ = given[:10]
    texts = all(isinstance(each, str) for each in (text, path, header, trailer, futures))
    # A bool is a number to `isinstance`, and to whoever compiles.
    numbers = all(type(each) is int for each in (line, column, decorators))
    if not texts or not numbers or not (name is None or isinstance(name, str)) or min(column, decorators) < 0:
        return None
    return given[:10]


def disguise(arguments: Tuple[Any, ...]) -> Optional[str]:
    """Why the text of a snippet, given by the arguments of `c`, is not what is compiled; None where it is.

    >>> disguise(("lambda: safe()", 2, "a.py", "(\\n", ")"))
    >>> disguise(("lambda: safe()", 2, "a.py", "(\\n", ", lambda: evil())"))
    'header and trailer are not just the scopes around the text: they hold code, or hide the text'
    """
    given = whole(arguments)
    if given is None:
        return "what a code object is made of is not text and numbers"
    text, _, _, header, trailer, _, decorators, _, name, _ = given
    if name is None:
        name = unicodedata.normalize("NFKC", defined_name(text, decorators))
    try:
        return _native.disguise(text, header, trailer, decorators, name)
    except (UnicodeEncodeError, OverflowError):  # lone surrogates, huge numbers: nothing compiles these
        return "the source cannot be parsed"


def is_relowered(arguments: Tuple[Any, ...]) -> bool:
    """Whether what older Pythons compile is what this version's lowering makes of the text.

    >>> text, form = "lambda x, /: x", (7, "", (0, "lambda x: evil(x)"), ())
    >>> is_relowered((text, 2, "a.py", "(\\n", ")", 0, 0, "", None, (8, "", form)))
    False
    """
    given = whole(arguments)
    if given is None:
        return False
    text, line, _, header, trailer, column, decorators, futures, _, older = given
    if older is None:
        return True
    if type(older) is not tuple or not 2 <= len(older) <= 2 + MOST_FORMS:
        return False
    is_text = "annotations" in futures.split(",")
    for form in older[2:]:
        if type(form) is not tuple or len(form) < 4 or type(form[0]) is not int or not 7 <= form[0] <= 99:
            return False
        # What later versions mean by the same text depends on which version compiled it.
        for producer in (7, 8, 99):
            try:
                made = _native.older(text, line, header, trailer, column, decorators, is_text, producer, form[0])
            except (SyntaxError, ValueError, OverflowError):
                return False
            if made is not None and made[0] == older[0] and form in made[2:]:
                break
        else:
            return False
    return True


def hidden(text: str) -> Iterator[Tuple[str, str, str]]:
    """What a reader of the text does not see: code of a finding, severity, message.

    >>> [code for code, _, _ in hidden("def f(): return s\\u0430fe(\\u202e)")]
    ['hidden-characters', 'lookalike']
    """
    if text.isascii() and not re.search("[\0-\x08\x0b\x0c\x0e-\x1f\x7f]", text):
        return
    unseen = sorted({each for each in text if not each.isprintable() and each not in "\t\n\r"})
    if unseen:
        severity = "danger" if any(each in _REORDERING for each in unseen) else "warning"
        if set(unseen) <= set("\f\xa0"):  # which some editors write
            severity = "note"
        names = ", ".join("U+%04X" % ord(each) for each in unseen[:10])
        yield "hidden-characters", severity, "source with characters that are not shown, or reorder others: %s" % names
    for word in sorted(set(_WORD.findall(text)))[:1000]:
        if word.isascii():
            continue
        read = unicodedata.normalize("NFKC", word)
        if read != word:
            yield "lookalike", "warning", "%s is the name %s to Python" % (_escaped(word), read)
        elif _is_lookalike(word):
            yield "lookalike", "warning", "%s looks like a name in other letters" % _escaped(word)


def _is_lookalike(word: str) -> bool:
    letters = [each for each in word if each.isalpha()]
    others = [each for each in letters if not each.isascii()]
    foreign = [each for each in others if not unicodedata.name(each, "").startswith("LATIN ")]
    mixed = bool(foreign) and any(unicodedata.name(each, "").startswith("LATIN ") for each in letters)
    return mixed or all(each in _LOOKALIKES for each in letters)


def _escaped(word: str) -> str:
    return "%s (%s)" % (word, word.encode("unicode_escape").decode("ascii"))
