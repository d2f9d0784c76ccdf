"""``lower`` and ``minimum_version``: text for older grammars, and why it needs the one that it needs."""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence, Tuple, Union

from . import _native

#: The oldest version that texts are lowered to.
OLDEST = (3, 7)


class LoweringError(SyntaxError):
    """There is no form of a text for an older grammar; the message names the construct, its place and version."""


class MinimumVersion(NamedTuple):
    """The oldest Python whose grammar a text needs, and why."""

    #: Major and minor version; (3, 7) where the text needs nothing newer.
    version: Tuple[int, int]
    #: What 3.7 does not have, by line: ``3.10: match statement, line 12``.
    reasons: Sequence[str]
    #: What needs no newer grammar, but has another meaning in older versions, and is not lowered:
    #: ``3.12: locals() in a comprehension sees the variables around it, line 3``.
    notes: Sequence[str] = ()


def minimum_version(source: Union[str, Any]) -> MinimumVersion:
    """The oldest Python whose grammar has all of a text, with the reasons.

    It is about grammar alone: what the text imports and calls is not looked at (`codepickle.requirements` does that).
    3.7 is the oldest that is told apart.

    Args:
        source: The text of a module; or a function or class, whose text is found as `dumps` finds it. Lines are then
            those of its file.

    Returns:
        The version, the reasons, and notes on what versions mean differently; each sorted by line.

    Raises:
        SyntaxError: the text is no Python that the newest known grammar (3.15) accepts.
        PicklingError: the source of the function or class is not to be had.

    >>> import codepickle
    >>> needs = codepickle.minimum_version("def f(x, /):\\n    match x:\\n        case [y]: return y\\n")
    >>> needs.version
    (3, 10)
    >>> for reason in needs.reasons:
    ...     print(reason)
    3.8: positional-only parameter, line 1
    3.10: match statement, line 2
    """
    text, above = (source, 0) if isinstance(source, str) else _text_of(source)
    found, differ = _native.constructs(text)
    reasons = ["%s, line %d" % (what, line + above) for what, line, _ in found]
    notes = ["%s, line %d" % (what, line + above) for what, line in differ]
    return MinimumVersion((3, max([minor for _, _, minor in found], default=OLDEST[1])), reasons, notes)


def lower(source: Union[str, Any], target: Tuple[int, int] = OLDEST) -> str:
    """A text with the same meaning, in the grammar of an older Python.

    What the target has stays to the byte, and lines stay on their lines, so that tracebacks hold; the few constructs
    that need more lines than they have insert some. Results, exceptions, scopes and the order of evaluation are those
    of the original. Some constructs call helpers: the text then imports ``codepickle._lowered``, whose functions stay.

    Args:
        source: The text of a module; or a function or class, whose text is found as `dumps` finds it.
        target: Major and minor version, from (3, 7) on.

    Returns:
        The text; `source` itself where the target has all of its grammar.

    Raises:
        LoweringError: a construct cannot be written for that version.
        SyntaxError: the text is no Python that the newest known grammar (3.15) accepts.
        ValueError: `target` is below 3.7.
        PicklingError: the source of the function or class is not to be had.

    >>> import codepickle
    >>> print(codepickle.lower("def f(*rest):\\n    return 0, *rest\\n", (3, 7)), end="")
    def f(*rest):
        return (0, *rest)
    """
    major, minor = target
    if (major, minor) < OLDEST or major != 3:
        raise ValueError("target must be (3, 7) or later, not %r" % (tuple(target),))
    text, above = (source, 0) if isinstance(source, str) else _text_of(source)
    lowered, refused = _native.lower_module(text, minor)
    if refused is not None:
        what, line, _ = refused
        raise LoweringError("%s, line %d, cannot be written for Python 3.%d" % (what, line + above, minor))
    return text if lowered is None else lowered


def _text_of(obj: Any) -> Tuple[str, int]:
    """The text of a function or class, which can be parsed by itself, and how many lines of its file are above."""
    from ._sources import snippet_of

    text, line = snippet_of(obj)[:2]
    if text[:1] in " \t\f":
        return "if 1:\n" + text, line - 2
    return text, line - 1
