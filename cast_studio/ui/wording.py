"""How numbers become words: times, frames, confidences, and what a user types to go somewhere."""

from __future__ import annotations

import math
import re
from fractions import Fraction

from cast_studio.said import saying_of
from cast_studio.ui.language import COUNTED, shown, translate

THIN_SPACE = "\u202f"
ROUNDING = 0.0005
"""Seconds that a written time may differ from the real one."""
_CLOCK = re.compile(r"^(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:[.,]\d+)?)\s*s?$")
_FRAME = re.compile(r"^(?:f(?:rame)?\s*([\d\s\u202f]+)|([\d\s\u202f]+)\s*f?)$", re.IGNORECASE)
_TICKS = re.compile(r"^(?:pts|t)\s*([-−]?)([\d\s\u202f]+)$", re.IGNORECASE)


def clock(seconds: float) -> str:
    """Return ``HH:MM:SS.mmm``; negative times carry a minus."""
    milliseconds = _milliseconds(abs(seconds))
    sign = "−" if seconds < 0 and milliseconds else ""
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    whole, milliseconds = divmod(milliseconds, 1000)
    return f"{sign}{hours:02d}:{minutes:02d}:{whole:02d}.{milliseconds:03d}"


def plain_seconds(seconds: float) -> str:
    """Return ``3.786 s``: the same moment that :func:`clock` gives."""
    milliseconds = _milliseconds(abs(seconds))
    sign = "−" if seconds < 0 and milliseconds else ""
    return f"{sign}{milliseconds // 1000}.{milliseconds % 1000:03d} s"


def _milliseconds(seconds: float) -> int:
    """Round a time, wherever one is written, as the exports do: to the nearest, half to even."""
    return round(seconds * 1000)


def short_clock(seconds: float) -> str:
    """Return ``M:SS`` or ``H:MM:SS``, for durations where milliseconds do not matter."""
    minutes, whole = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{whole:02d}" if hours else f"{minutes}:{whole:02d}"


def ruler_clock(seconds: float, step: float) -> str:
    """Return a time for the ruler with just the decimals that its step needs."""
    decimals = 0 if step >= 1 else min(3, math.ceil(-math.log10(step) - 1e-9))
    minutes, rest = divmod(round(seconds, decimals), 60)
    hours, minutes = divmod(int(minutes), 60)
    width = 3 + decimals if decimals else 2
    tail = f"{rest:0{width}.{decimals}f}"
    return f"{hours}:{minutes:02d}:{tail}" if hours else f"{minutes}:{tail}"


def count(number: int) -> str:
    """Return a whole number with thin spaces between the thousands."""
    return f"{number:,}".replace(",", THIN_SPACE)


def told(said: str | BaseException) -> str:
    """Return what a room below the window said, in the user's language.

    Args:
        said: A text of :func:`cast_studio.said.say`, or an error with one. What is none is returned as it
            is.
    """
    text = str(said)
    saying = saying_of(text)
    if saying is None:
        # Without values it may be known all the same: the project's history keeps texts only.
        return shown(text)
    if saying.count is not None:
        return counted(saying.count, saying.template)
    values = {
        # A text that is nothing but a value is remembered as such, and would be told for ever.
        name: told(value)
        if isinstance(value, str) and value != text and saying_of(value)
        else value
        for name, value in saying.values.items()
    }
    return shown(saying.template).format(**values)


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return ``1 segment`` or ``3 segments``.

    Args:
        number: How many.
        one: One of :data:`cast_studio.ui.language.COUNTED`, or an English word that has no translation.
        many: The plural of such a word, if it does not end in s.
    """
    forms = COUNTED.get(one)
    if forms is not None:
        return forms[0 if number == 1 else 1](number).format(n=count(number))
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def probability(value: float) -> str:
    """Return a probability as ``.91``, ``1.0`` or ``<.01``."""
    if value >= 0.995:
        return "1.0"
    if value < 0.005:
        return "<.01"
    return f"{value:.2f}"[1:]


def percent(value: float) -> str:
    """Return a share of 0 to 1 as ``41 %``."""
    return f"{round(value * 100)}{THIN_SPACE}%"


def frame_rate(rate: Fraction | float) -> str:
    """Return a rate as ``29.97 frames/s``."""
    shown = f"{float(rate):.2f}".rstrip("0").rstrip(".")
    return translate("FrameRate", "{rate} frames/s").format(rate=shown)


def remaining(seconds: float) -> str:
    """Return how long something will still take, as coarsely as such an estimate deserves."""
    if seconds < 10:
        return translate("Remaining", "a few seconds left")
    if seconds < 90:
        tens = math.ceil(seconds / 10) * 10
        return translate("Remaining", "{n} s left").format(n=tens)
    if seconds < 3600:
        return translate("Remaining", "{n} min left").format(n=round(seconds / 60))
    hours, minutes = math.floor(seconds / 3600), math.floor(seconds % 3600 / 60)
    return translate("Remaining", "{h} h {min} min left").format(h=hours, min=minutes)


def parse_position(text: str) -> tuple[str, float] | None:
    """Read a place in a video.

    Args:
        text: A frame (``2503``, ``f2503``, ``2503 f``), a time (``1:23.5``, ``01:02:03``, ``83.4 s``) or
            a timestamp (``pts 1024``).

    Returns:
        ``("seconds", value)``, ``("frame", value)`` or ``("pts", value)``; None when it is neither.
    """
    text = text.strip()
    ticks = _TICKS.match(text)
    if ticks and any(letter.isdigit() for letter in ticks.group(2)):
        value = float(re.sub(r"\D", "", ticks.group(2)))
        return "pts", -value if ticks.group(1) else value
    frame = _FRAME.match(text)
    if frame:
        digits = re.sub(r"\D", "", frame.group(1) or frame.group(2))
        return ("frame", float(digits)) if digits else None
    time = _CLOCK.match(text)
    if not time:
        return None
    hours, minutes, seconds = time.groups()
    value = float(seconds.replace(",", "."))
    return "seconds", int(hours or 0) * 3600 + int(minutes or 0) * 60 + value
