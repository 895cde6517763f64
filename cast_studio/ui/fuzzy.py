"""How well a few typed letters fit a name. Pure."""

from __future__ import annotations

from typing import Final

_EXACT: Final = 1000.0
_START: Final = 500.0
_WORD_START: Final = 300.0
_INSIDE: Final = 150.0
_LETTERS: Final = 40.0
_PER_LETTER: Final = 8.0


def folded(text: str) -> str:
    """Return a text as it is compared: without case, hyphens as blanks, single blanks."""
    return " ".join(text.casefold().replace("-", " ").replace("_", " ").replace(":", " ").split())


def score(typed: str, name: str) -> float | None:
    """Return how well a name fits what was typed; the more the better, None for not at all.

    Best is the name itself, then one that begins so, one with a word that begins so, one that holds
    the text; then one that has all words typed; at last one with all letters in order, better the
    more of them begin words or follow each other. Of equally good names the shorter fits better.
    """
    wanted, found = folded(typed), folded(name)
    if not wanted:
        return 0.0
    shorter = -len(found) / 100
    if wanted == found:
        return _EXACT
    if found.startswith(wanted):
        return _START + shorter
    if f" {wanted}" in found:
        return _WORD_START + shorter
    if wanted in found:
        return _INSIDE + shorter
    words = wanted.split()
    if len(words) > 1 and all(word in found for word in words):
        starts = sum(f" {word}" in f" {found}" for word in words)
        return _INSIDE / 2 + _PER_LETTER * starts + shorter
    letters = _by_letters(wanted.replace(" ", ""), found)
    return None if letters is None else letters + shorter


def _by_letters(wanted: str, found: str) -> float | None:
    """Return the score of letters that all come in order, beginning with a word's first."""
    if len(wanted) < 2:
        return None
    best: float | None = None
    for start, sign in enumerate(found):
        begins_word = start == 0 or found[start - 1] == " "
        if sign == wanted[0] and begins_word:
            worth = _follow(wanted, found, start)
            if worth is not None and (best is None or worth > best):
                best = worth
    return best


def _follow(wanted: str, found: str, start: int) -> float | None:
    good, at = 1, start
    for letter in wanted[1:]:
        near = found.find(letter, at + 1)
        word = found.find(f" {letter}", at + 1)
        if near < 0:
            return None
        # A letter that begins a word is more likely meant than one in the middle.
        following = near if near == at + 1 or word < 0 else word + 1
        good += following == at + 1 or found[following - 1] == " "
        at = following
    return _LETTERS + _PER_LETTER * good - (at - start) / 4
