"""What can be read and told apart on the timeline."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from PySide6.QtCore import QBuffer, QByteArray, QPoint
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPalette
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.ui import tokens
from cast_studio.ui.theme import palette_of
from cast_studio.ui.timeline.lanes import BarLane
from cast_studio.ui.timeline.rows import Bar, Row
from cast_studio.ui.timeline.text import BarText, bar_text
from cast_studio.ui.timeline.widget import Timeline
from cast_studio.ui.tokens import CONTRAST_DARK, CONTRAST_LIGHT, DARK, LIGHT, ColorTokens

FRAMES = FrameIndex(
    np.arange(250, dtype=np.int64) * 40, np.arange(250) % 12 == 0, Fraction(1, 1000), 10_000
)
HOW_TO = "Drag here to mark a range, or press I and O; then Enter to label it."
YELLOW = "#f0e442"


@pytest.fixture(params=[DARK, LIGHT], ids=["dark", "light"])
def colors(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[ColorTokens]:
    before = QPalette(qapp.palette())
    chosen: ColorTokens = request.param
    qapp.setPalette(palette_of(chosen))
    yield chosen
    qapp.setPalette(before)


def show(timeline: Timeline, *, labels: Row | None = None, model: Row | None = None) -> None:
    """Show a lane of labels and one of the model."""
    timeline.show_lanes(
        (
            BarLane("labels", "Labels", labels or Row(), hint=HOW_TO, is_active=True),
            BarLane("model", "Model", model or Row(), is_model=True),
        )
    )


@pytest.fixture
def make_timeline(qtbot: QtBot) -> Callable[[], Timeline]:
    """Return a function that makes a timeline of ten seconds on a thousand pixels."""

    def make() -> Timeline:
        made = Timeline()
        qtbot.addWidget(made)
        made.resize(1126, 180)
        made.show_frames(FRAMES)
        show(made)
        made.show()
        return made

    return make


def words_on(timeline: Timeline) -> list[str]:
    """Return all that is written on it."""
    bytes_ = QByteArray()
    buffer = QBuffer(bytes_)
    paper = QSvgGenerator()
    paper.setOutputDevice(buffer)
    paper.setSize(timeline.size())
    timeline.render(paper, QPoint())
    found = re.findall(r"<text[^>]*>(.*?)</text>", bytes_.data().decode("utf-8"), re.DOTALL)
    return [text.strip() for text in found]


def prediction(length: int, confidence: float = 0.32) -> Bar:
    span = TimeSpan(2000, 2000 + length)
    return Bar("a", span, "shake · halved ring", YELLOW, confidence=confidence)


@pytest.mark.parametrize(
    ("length", "number"),
    # A tick is a tenth of a pixel.
    [(400, False), (800, False), (1100, True), (2500, True)],
)
def test_the_name_of_a_model_segment_is_written_before_its_number(
    make_timeline: Callable[[], Timeline], length: int, number: bool
) -> None:
    timeline = make_timeline()
    show(timeline, model=Row((prediction(length),)))
    words = words_on(timeline)
    assert any(word.startswith("sh") for word in words)
    assert (".32" in words) == number


def test_a_wide_segment_shows_its_whole_name(make_timeline: Callable[[], Timeline]) -> None:
    timeline = make_timeline()
    show(timeline, model=Row((prediction(2500),)))
    assert {"shake · halved ring", ".32"} <= set(words_on(timeline))


def test_words_never_need_more_room_than_there_is(qapp: QApplication) -> None:
    metrics = QFontMetricsF(qapp.font())
    for room in range(0, 300):
        text = bar_text(prediction(100), room, metrics, metrics)
        width = metrics.horizontalAdvance(text.name) + metrics.horizontalAdvance(text.number)
        assert width <= room + 1 or text == BarText()
        assert "…" not in text.name or text.name.index("…") >= 3
        assert not (text.number and not text.name)


def test_how_to_label_is_told_only_while_nothing_is_marked(
    make_timeline: Callable[[], Timeline],
) -> None:
    timeline = make_timeline()
    assert HOW_TO in words_on(timeline)
    timeline.mark(TimeSpan(1000, 2000))
    assert HOW_TO not in words_on(timeline)
    timeline.mark(None)
    timeline.preview_range(TimeSpan(1000, 2000))
    assert HOW_TO not in words_on(timeline)
    timeline.preview_range(None)
    assert HOW_TO in words_on(timeline)


@pytest.mark.parametrize("color", [YELLOW, "#332288", "#f7f7f7", "#202020"])
def test_an_uncertain_segment_stands_out_from_the_lane(
    make_timeline: Callable[[], Timeline], colors: ColorTokens, color: str
) -> None:
    timeline = make_timeline()
    bar = Bar("a", TimeSpan(2000, 4000), "", color, confidence=0.05)
    show(timeline, model=Row((bar,)))
    shown = timeline.grab().toImage()
    content = timeline.content
    x = round(content.x_of(3000))
    lane = content.lane_rect("model")
    column = {shown.pixelColor(x, y).name() for y in range(lane.top(), lane.bottom())}
    assert max(tokens.contrast(found, colors.panel) for found in column) >= 2.9
    strip = content.lane_rect("overview")
    row = {shown.pixelColor(x, y).name() for y in range(strip.center().y(), strip.bottom())}
    assert max(tokens.contrast(found, colors.panel) for found in row) >= 1.4


def test_many_uncertain_segments_in_the_overview_are_seen(
    make_timeline: Callable[[], Timeline], colors: ColorTokens
) -> None:
    timeline = make_timeline()
    spans = [TimeSpan(start, start + 20) for start in range(0, 10_000, 20)]
    bars = tuple(Bar(str(s.start), s, "", YELLOW, confidence=0.05) for s in spans)
    show(timeline, model=Row(bars))
    shown = timeline.grab().toImage()
    for lane in ("overview", "model"):
        area = timeline.content.lane_rect(lane)
        y = area.top() + area.height() * 3 // 4
        color = QColor(shown.pixelColor(round(timeline.content.x_of(3000)), y)).name()
        assert tokens.contrast(color, colors.panel) >= 1.4


@pytest.fixture(params=[CONTRAST_DARK, CONTRAST_LIGHT], ids=["white", "black"])
def high_contrast(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[ColorTokens]:
    before = QPalette(qapp.palette())
    chosen: ColorTokens = request.param
    qapp.setPalette(palette_of(chosen))
    yield chosen
    qapp.setPalette(before)


def test_in_high_contrast_labels_are_told_apart_without_color(
    high_contrast: ColorTokens, make_timeline: Callable[[], Timeline]
) -> None:
    timeline = make_timeline()
    bars = [Bar(str(n), TimeSpan(n * 1000, n * 1000 + 900), "", YELLOW, kind=n) for n in range(8)]
    show(timeline, labels=Row(bars), model=Row([replace(bars[0], confidence=0.5)]))
    area = timeline.content.lane_rect("labels")
    image = timeline.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)

    def seen(bar: Bar, lane: str) -> bytes:
        left = round(timeline.content.x_of(bar.span.start))
        left += -left % 8  # patterns repeat every eight pixels of the screen
        top = timeline.content.lane_rect(lane).top() + 8
        top += -top % 8
        part = image.copy(left + 8, top, 40, 8)
        return b"".join(bytes(part.constScanLine(row)[:40]) for row in range(part.height()))

    looks = {seen(bar, "labels") for bar in bars} | {seen(bars[0], "model")}
    assert area.height() > 0
    assert len(looks) == len(bars) + 1


def test_in_high_contrast_words_stand_on_plain_ground(
    high_contrast: ColorTokens, make_timeline: Callable[[], Timeline]
) -> None:
    timeline = make_timeline()
    show(timeline, labels=Row([Bar("a", TimeSpan(2000, 6000), "l", YELLOW, kind=0)]))
    image = timeline.grab().toImage()
    area = timeline.content.lane_rect("labels")
    x, y = round(timeline.content.x_of(2000)) + 6, area.center().y()
    # Around a thin letter there is nothing but ground and ink.
    inks = {image.pixelColor(x + dx, y).name() for dx in range(3)}
    assert inks & {high_contrast.panel, high_contrast.text}
    assert all(QColor(ink).hslSaturation() == 0 for ink in inks)
