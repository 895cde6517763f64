"""The promises of the token file: readable text and visible controls in every theme."""

from __future__ import annotations

import pytest

from cast_studio.ui import tokens
from cast_studio.ui.tokens import (
    CONTRAST_DARK,
    CONTRAST_LIGHT,
    DARK,
    LIGHT,
    ColorTokens,
    blend,
    contrast,
)

NAMES = {"dark": DARK, "light": LIGHT, "white": CONTRAST_DARK, "black": CONTRAST_LIGHT}
THEMES = pytest.mark.parametrize("theme", NAMES.values(), ids=NAMES)


def least(theme: ColorTokens) -> float:
    """Return what WCAG 2.2 asks of text: AA, in high contrast AAA."""
    return 7.0 if theme.is_high_contrast else 4.5


OKABE_ITO = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#999999")


@THEMES
@pytest.mark.parametrize("ink", ["text", "muted", "accent", "good", "warning", "danger"])
@pytest.mark.parametrize("ground", ["window", "panel", "raised", "hover"])
def test_text_stands_out_from_every_ground(theme: ColorTokens, ink: str, ground: str) -> None:
    assert contrast(getattr(theme, ink), getattr(theme, ground)) >= least(theme)


@THEMES
@pytest.mark.parametrize("tint", ["accent", "warning", "danger"])
@pytest.mark.parametrize("share", [0.14, 0.3])
def test_text_stands_out_from_tinted_ground(theme: ColorTokens, tint: str, share: float) -> None:
    ground = blend(getattr(theme, tint), theme.window, share)
    assert contrast(theme.text, ground) >= least(theme)


@THEMES
def test_words_in_place_of_a_picture_are_readable(theme: ColorTokens) -> None:
    ink = tokens.ink_on(theme.canvas)
    assert contrast(ink, theme.canvas) >= least(theme)
    assert contrast(blend(ink, theme.canvas, 0.75), theme.canvas) >= least(theme)


@THEMES
@pytest.mark.parametrize("ground", ["canvas", "window", "panel", "raised", "hover"])
def test_the_frame_of_the_focus_is_visible_on_every_ground(theme: ColorTokens, ground: str) -> None:
    assert contrast(theme.accent, getattr(theme, ground)) >= 3.0


@THEMES
@pytest.mark.parametrize("ground", ["window", "panel"])
def test_outlines_of_controls_are_visible(theme: ColorTokens, ground: str) -> None:
    assert contrast(theme.control, getattr(theme, ground)) >= 3.0


@THEMES
def test_text_on_the_accent_is_readable(theme: ColorTokens) -> None:
    assert contrast(theme.on_accent, theme.accent) >= least(theme)


@pytest.mark.parametrize("theme", [CONTRAST_DARK, CONTRAST_LIGHT], ids=["white", "black"])
def test_in_high_contrast_even_hairlines_are_visible(theme: ColorTokens) -> None:
    assert contrast(theme.line, theme.window) >= 3.0


def test_every_theme_is_told_by_its_ground() -> None:
    assert len({theme.window for theme in tokens.THEMES}) == len(tokens.THEMES)


@THEMES
@pytest.mark.parametrize("color", OKABE_ITO)
@pytest.mark.parametrize("confidence", [0.0, 0.5, 1.0])
def test_text_on_a_model_segment_is_readable(
    theme: ColorTokens, color: str, confidence: float
) -> None:
    shade = tokens.visible_on(theme.panel, color)
    ground = blend(shade, theme.panel, tokens.prediction_alpha(confidence))
    assert contrast(theme.text, ground) >= 4.5


@THEMES
@pytest.mark.parametrize("color", [*OKABE_ITO, "#332288", "#000000", "#ffffff"])
def test_the_outline_of_a_model_segment_is_visible_in_any_color(
    theme: ColorTokens, color: str
) -> None:
    assert contrast(tokens.visible_on(theme.panel, color), theme.panel) >= 3.0


@THEMES
def test_a_color_that_is_visible_already_stays_as_it_is(theme: ColorTokens) -> None:
    assert tokens.visible_on(theme.panel, "#d55e00") == "#d55e00"


@pytest.mark.parametrize("color", [*OKABE_ITO, "#000000", "#ffffff", "#757575"])
def test_text_on_a_label_is_readable(color: str) -> None:
    assert contrast(tokens.ink_on(color), color) >= 4.5


@THEMES
@pytest.mark.parametrize("ground", ["canvas", "window", "panel", "raised", "line", "text", "muted"])
def test_neutrals_carry_no_hue(theme: ColorTokens, ground: str) -> None:
    red, green, blue = tokens.rgb(getattr(theme, ground))
    assert red == green == blue


def test_contrast_agrees_with_the_known_extremes() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
