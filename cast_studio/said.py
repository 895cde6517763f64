"""Sentences from below the window, and how they come to be in the user's language.

What the rooms below say (the words of edits, the sentences of errors) is plain English text: the command
line prints it, the log and the project's history keep it. :func:`say` makes such a text of a template
and remembers what it was made of for a while, so that the window, which shows the text a moment later,
can ask for the template's translation and put the same values into it (``ui/language.py``). A text that
nobody remembers any more stays English.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Number
from threading import Lock
from typing import Final

MOST_REMEMBERED: Final = 4_000
"""Texts. More than the steps of undo that the window shows after each other."""


@dataclass(frozen=True, slots=True)
class Saying:
    """What a text was made of.

    Attributes:
        template: In English, with ``{names}`` for values, as of :meth:`str.format`.
        values: By name. Texts among them may have been made by :func:`say` themselves.
        count: How many there are of ``template``, which then is a noun; None for a sentence.
    """

    template: str
    values: Mapping[str, object] = field(default_factory=dict)
    count: int | None = None


class _Memory:
    """The newest texts with what they were made of. Any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._sayings: OrderedDict[str, Saying] = OrderedDict()

    def keep(self, text: str, saying: Saying) -> str:
        with self._lock:
            self._sayings[text] = saying
            self._sayings.move_to_end(text)
            if len(self._sayings) > MOST_REMEMBERED:
                self._sayings.popitem(last=False)
        return text

    def get(self, text: str) -> Saying | None:
        with self._lock:
            return self._sayings.get(text)


_memory = _Memory()


def say(template: str, /, **values: object) -> str:
    """Return a text in English that the window can translate.

    Args:
        template: A literal, so that translators find it, with ``{names}`` for values.
        values: What is put in.
    """
    # Of other things only their words: an error would keep all that its traceback holds.
    plain = {name: v if isinstance(v, Number) else str(v) for name, v in values.items()}
    return _memory.keep(template.format(**values), Saying(template, plain))


def numbered(noun: str, count: int) -> str:
    """Return ``1 segment`` or ``3 segments``; a value for :func:`say`.

    Args:
        noun: One of :data:`cast_studio.ui.language.COUNTED`.
        count: How many.
    """
    text = f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
    return _memory.keep(text, Saying(noun, count=count))


def counted(noun: str, count: int) -> str:
    """Return ``segment`` for one, else ``3 segments``, as the undo menu says it; for :func:`say`."""
    return say(noun) if count == 1 else numbered(noun, count)


def saying_of(text: str) -> Saying | None:
    """Return what a text was made of; None if it was not made by :func:`say`, or long ago."""
    return _memory.get(text)
