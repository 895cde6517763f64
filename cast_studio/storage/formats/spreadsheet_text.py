"""Text cells that a spreadsheet program would run as a formula, made harmless and back again.

A cell such as ``=HYPERLINK(...)`` in a CSV is executed by the program that opens it, whatever its
quotes. A single quote in front keeps it text. The quote is added and taken away by one rule that
can be reversed for every text: leading quotes are counted apart from what follows them.
"""

from __future__ import annotations

import unicodedata

_STARTS = frozenset("=+-@\N{MINUS SIGN}")
_BREAKS = frozenset("\t\r\n")
_QUOTE = "'"


def defuse(text: str) -> str:
    """Return ``text`` with a single quote in front where a spreadsheet would run it.

    A text that already is quotes followed by such a start gets one more quote, so that
    :func:`restore` gives back exactly what went in.
    """
    return _QUOTE + text if _runs(text.lstrip(_QUOTE)) else text


def restore(text: str) -> str:
    """Return what :func:`defuse` was given."""
    is_defused = text.startswith(_QUOTE) and _runs(text.lstrip(_QUOTE))
    return text[1:] if is_defused else text


def _runs(text: str) -> bool:
    """Return whether a spreadsheet might take ``text`` for a formula."""
    for character in text:
        if character in _BREAKS:
            return True
        # Spaces, control and invisible characters in front are dropped by some importers.
        if unicodedata.category(character)[0] not in "CZ":
            # Compatibility forms (full width, small, superscript) are folded by some of them.
            return unicodedata.normalize("NFKC", character)[:1] in _STARTS
    return False
