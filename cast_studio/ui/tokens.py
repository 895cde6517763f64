"""Every size and color of the window, in one place, without Qt.

The neutrals around the picture carry no hue, so that they do not tint what the eye judges. There is
one accent. Colors that belong to a class come from the label schema, not from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

SPACE_XS = 4
SPACE_S = 8
SPACE_M = 12
SPACE_L = 16
SPACE_XL = 32
RADIUS = 4

TEXT_SMALL = 11
TEXT_BODY = 13
TEXT_TITLE = 16
TEXT_NAME = 26
"""Of the program itself, where it introduces itself."""

ICON_SIZE = 18
ROW_HEIGHT = 26
BUTTON_HEIGHT = 28

PREDICTION_MIN_ALPHA = 0.14
PREDICTION_MAX_ALPHA = 0.38
"""Opacity of a model segment's fill, from no confidence to full confidence."""
STRIP_MIN_ALPHA = 0.40
STRIP_MAX_ALPHA = 0.90
"""Opacity of a model segment where it has no outline."""
_VISIBLE = 3.0


@dataclass(frozen=True, slots=True)
class ColorTokens:
    """The colors of one theme, as ``#rrggbb``.

    Attributes:
        is_dark: Whether light text stands on dark ground.
        is_high_contrast: Whether all text keeps 7 : 1, and nothing is told by color alone.
        canvas: Around the video.
        window: Behind toolbars and panels.
        panel: Lists, fields, timeline rows.
        raised: Buttons, tooltips, the header of a row.
        line: Hairlines that only separate; no meaning hangs on them.
        control: Outlines of fields, sliders and check boxes.
        text: What is read.
        muted: What is read second.
        accent: The one accent: selection, focus, playhead, progress.
        on_accent: Text on the accent.
        hover: Ground under the pointer.
        good: Something is as it should be.
        warning: Something asks for attention.
        danger: Something failed or would be lost.
    """

    is_dark: bool
    is_high_contrast: bool
    canvas: str
    window: str
    panel: str
    raised: str
    line: str
    control: str
    text: str
    muted: str
    accent: str
    on_accent: str
    hover: str
    good: str
    warning: str
    danger: str


DARK = ColorTokens(
    is_dark=True,
    is_high_contrast=False,
    canvas="#101010",
    window="#1f1f1f",
    panel="#191919",
    raised="#2b2b2b",
    line="#343434",
    control="#7d7d7d",
    text="#ececec",
    muted="#a8a8a8",
    accent="#5aa9e6",
    on_accent="#0d0d0d",
    hover="#353535",
    good="#4cc38a",
    warning="#e0a030",
    danger="#ff8a7a",
)

LIGHT = ColorTokens(
    is_dark=False,
    is_high_contrast=False,
    canvas="#d2d2d2",
    window="#f3f3f3",
    panel="#ffffff",
    raised="#e9e9e9",
    line="#d4d4d4",
    control="#7c7c7c",
    text="#1b1b1b",
    muted="#585858",
    accent="#1763ac",
    on_accent="#ffffff",
    hover="#dedede",
    good="#17693f",
    warning="#7a5200",
    danger="#a8281c",
)

CONTRAST_DARK = ColorTokens(
    is_dark=True,
    is_high_contrast=True,
    canvas="#000000",
    window="#000000",
    panel="#000000",
    raised="#1c1c1c",
    line="#808080",
    control="#ffffff",
    text="#ffffff",
    muted="#e4e4e4",
    accent="#6fdcff",
    on_accent="#000000",
    hover="#333333",
    good="#7dffb4",
    warning="#ffd75e",
    danger="#ffb9b0",
)

CONTRAST_LIGHT = ColorTokens(
    is_dark=False,
    is_high_contrast=True,
    canvas="#ffffff",
    window="#ffffff",
    panel="#ffffff",
    raised="#f2f2f2",
    line="#767676",
    control="#000000",
    text="#000000",
    muted="#2e2e2e",
    accent="#00347f",
    on_accent="#ffffff",
    hover="#dcdcdc",
    good="#003f21",
    warning="#472d00",
    danger="#7a0c06",
)

THEMES = (DARK, LIGHT, CONTRAST_DARK, CONTRAST_LIGHT)
"""All themes; no two have the same ``window``."""


def rgb(color: str) -> tuple[int, int, int]:
    """Return red, green and blue of ``#rrggbb``, each 0 to 255."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def blend(color: str, ground: str, alpha: float) -> str:
    """Return the color seen when ``color`` lies over ``ground`` with an opacity of 0 to 1."""
    mixed = (
        round(top * alpha + below * (1 - alpha))
        for top, below in zip(rgb(color), rgb(ground), strict=True)
    )
    return "#" + "".join(f"{value:02x}" for value in mixed)


def luminance(color: str) -> float:
    """Return the relative luminance of WCAG 2.2, 0 for black to 1 for white."""
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (part / 255 for part in rgb(color))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of WCAG 2.2, 1 to 21."""
    bright, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def ink_on(ground: str) -> str:
    """Return black or white, whichever is easier to read on ``ground``: at least 4.5 : 1."""
    return max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, ground))


@lru_cache(maxsize=1024)
def visible_on(ground: str, color: str) -> str:
    """Return a color, made darker or lighter as far as it must be for 3 : 1 on ``ground``."""
    ink = ink_on(ground)
    shades = (blend(ink, color, step / 20) for step in range(21))
    return next(shade for shade in shades if contrast(shade, ground) >= _VISIBLE)


def strip_alpha(confidence: float) -> float:
    """Return the opacity of a model segment without outline for a confidence of 0 to 1."""
    clamped = min(1.0, max(0.0, confidence))
    return STRIP_MIN_ALPHA + (STRIP_MAX_ALPHA - STRIP_MIN_ALPHA) * clamped


def prediction_alpha(confidence: float) -> float:
    """Return the opacity of a model segment's fill for a confidence of 0 to 1."""
    clamped = min(1.0, max(0.0, confidence))
    return PREDICTION_MIN_ALPHA + (PREDICTION_MAX_ALPHA - PREDICTION_MIN_ALPHA) * clamped
