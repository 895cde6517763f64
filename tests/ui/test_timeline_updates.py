"""After an edit only what has changed is painted anew, and the screen shows what a whole painting would."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtGui import QImage, QPaintEvent, QRegion
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.ui.timeline.lanes import BarLane, Lane
from cast_studio.ui.timeline.rows import Bar, Row
from cast_studio.ui.timeline.selecting import Chosen
from cast_studio.ui.timeline.widget import Timeline

FRAMES = FrameIndex(
    np.arange(250, dtype=np.int64) * 40, np.arange(250) % 12 == 0, Fraction(1, 1000), 10_000
)


class Painted(QObject):
    """Keeps what of a widget was painted."""

    def __init__(self, watched: Timeline) -> None:
        super().__init__(watched)
        self.region = QRegion()
        watched.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802  (Qt's name)
        if isinstance(event, QPaintEvent):
            self.region = self.region.united(event.region())
        return False


def bars(*starts: int, color: str = "#f0e442") -> Row:
    return Row([Bar(f"{start}", TimeSpan(start, start + 300), "take", color) for start in starts])


def lanes() -> tuple[BarLane, ...]:
    return (
        BarLane("first", "First", bars(0, 1000, 5000), is_active=True),
        BarLane("second", "Second", bars(500, 4000)),
        BarLane("third", "Third", bars(7000)),
        BarLane("model", "Model", bars(2000), is_model=True),
    )


@pytest.fixture
def timeline(qtbot: QtBot) -> Timeline:
    made = Timeline()
    qtbot.addWidget(made)
    made.resize(1126, 240)
    made.show_frames(FRAMES)
    made.show_lanes(lanes())
    made.show()
    qtbot.waitExposed(made)
    QApplication.processEvents()
    return made


def on_screen(timeline: Timeline) -> QImage:
    found = timeline.screen().grabWindow(timeline.winId()).toImage()
    return found.convertToFormat(QImage.Format.Format_RGB32)


def painted_whole(timeline: Timeline) -> QImage:
    return timeline.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)


def changed(at: int, lane: BarLane) -> tuple[Lane, ...]:
    return (*lanes()[:at], lane, *lanes()[at + 1 :])


def test_an_edit_paints_its_lane_and_the_overview_alone(timeline: Timeline) -> None:
    shown = timeline.content.lanes
    second = replace(lanes()[1], row=bars(500, 4500))
    watch = Painted(timeline)
    timeline.show_lanes((shown[0], second, *shown[2:]))
    QApplication.processEvents()
    content = timeline.content
    assert watch.region.contains(content.lane_rect("second").center())
    assert watch.region.contains(content.overview_rect.center())
    header = QPoint(5, content.lane_rect("second").center().y())
    assert watch.region.contains(header)
    for key in ("ruler", "first", "third", "model"):
        assert not watch.region.contains(content.lane_rect(key).center()), key


@pytest.mark.parametrize("at", range(4))
def test_the_screen_shows_what_a_whole_painting_would(timeline: Timeline, at: int) -> None:
    before = on_screen(timeline)
    assert before == painted_whole(timeline)
    timeline.move_playhead(4080)
    timeline.select(labels=Chosen.of(frozenset({"4000"})))
    QApplication.processEvents()
    timeline.show_lanes(changed(at, replace(lanes()[at], row=bars(300, 4000, 9000))))
    QApplication.processEvents()
    assert on_screen(timeline) != before
    assert on_screen(timeline) == painted_whole(timeline)
    # Higher lanes, other names, an active one: the rest moves or is told apart.
    stacked = Row(bars(0, 100).bars, stacked=True)
    timeline.show_lanes(changed(at, replace(lanes()[at], row=stacked, name="Another")))
    QApplication.processEvents()
    assert on_screen(timeline) == painted_whole(timeline)
    timeline.show_lanes(lanes()[at:], reviewed=[TimeSpan(0, 5000)])
    QApplication.processEvents()
    assert on_screen(timeline) == painted_whole(timeline)
