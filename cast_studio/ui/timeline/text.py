"""What is written on a bar of the timeline: the name first, the confidence where there is room."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF

from cast_studio.ui import wording
from cast_studio.ui.timeline.rows import Bar

GAP = 6
"""Pixels between the name and the confidence."""

_LEAST_NAME = 72
"""A name that is shortened to less than this shall not be shortened further for a number."""

_LEAST_LETTERS = 3
"""So many letters are needed at least before an ellipsis is worth its room."""


@dataclass(frozen=True, slots=True)
class BarText:
    """The words on a bar; each is empty where it is not written.

    Attributes:
        name: On the left, shortened where it must be.
        number: The confidence, on the right.
    """

    name: str = ""
    number: str = ""


def bar_text(bar: Bar, room: float, names: QFontMetricsF, figures: QFontMetricsF) -> BarText:
    """Return what is written on a bar.

    Args:
        bar: A label or a segment of the model.
        room: Pixels for both.
        names: Measures the name.
        figures: Measures the confidence.
    """
    number = "" if bar.confidence is None else wording.probability(bar.confidence)
    if number:
        beside = room - figures.horizontalAdvance(number) - GAP
        if beside >= min(names.horizontalAdvance(bar.text), _LEAST_NAME):
            return BarText(_shortened(bar.text, beside, names), number)
    return BarText(_shortened(bar.text, room, names))


def _shortened(text: str, room: float, metrics: QFontMetricsF) -> str:
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
    if shown == text or len(shown) > _LEAST_LETTERS:
        return shown
    # So short, a letter more says more than an ellipsis, which Qt gives even where it has no room.
    fitting = (text[:length] for length in range(_LEAST_LETTERS + 1, 0, -1))
    return next((part for part in fitting if metrics.horizontalAdvance(part) <= room), "")
