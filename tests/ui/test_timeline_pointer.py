"""What the mouse does in the timeline."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.ui.timeline.lanes import BarLane
from cast_studio.ui.timeline.rows import Bar, Row
from cast_studio.ui.timeline.selecting import Chosen
from cast_studio.ui.timeline.widget import Timeline
from tests.ui.conftest import WAIT_MS

FRAMES = FrameIndex(
    np.arange(250, dtype=np.int64) * 40, np.arange(250) % 12 == 0, Fraction(1, 1000), 10_000
)
LABELS = (
    Bar("one", TimeSpan(1000, 3000), "take", "#0072b2"),
    Bar("two", TimeSpan(4000, 6000), "put", "#e69f00", is_accepted=True),
)
OTHER = (
    Bar("three", TimeSpan(1000, 3000), "take", "#0072b2"),
    Bar("four", TimeSpan(2000, 5000), "put", "#e69f00"),
    Bar("moment", TimeSpan(7000, 7000), "put", "#e69f00"),
)
MODEL = (Bar("4000:7000", TimeSpan(4000, 7000), "cut", "#009e73", confidence=0.7),)


def show_lanes(timeline: Timeline, labels: tuple[Bar, ...] = LABELS) -> None:
    timeline.show_lanes(
        (
            BarLane("labels", "Labels", Row(labels), is_active=True),
            BarLane("other", "Second opinion", Row(OTHER, stacked=True), exclusive=False),
            BarLane("model", "Model", Row(MODEL), is_model=True),
        )
    )


@pytest.fixture
def timeline(qtbot: QtBot) -> Iterator[Timeline]:
    made = Timeline()
    qtbot.addWidget(made)
    made.resize(1126, 260)
    made.show_frames(FRAMES)
    show_lanes(made)
    made.show()
    return made


def point(timeline: Timeline, lane: str, pts: float) -> QPoint:
    """Return the middle of a lane at a tick."""
    content = timeline.content
    return QPoint(round(content.x_of(pts)), content.lane_rect(lane).center().y())


def drag(bot: QtBot, timeline: Timeline, lane: str, start: float, end: float) -> None:
    """Press at a tick and move to another, without releasing."""
    bot.mousePress(timeline, Qt.MouseButton.LeftButton, pos=point(timeline, lane, start))
    for share in (0.3, 0.7, 1.0):
        bot.mouseMove(timeline, point(timeline, lane, start + (end - start) * share))


def test_clicking_a_label_selects_it_and_moves_the_playhead(
    qtbot: QtBot, timeline: Timeline
) -> None:
    clicked: list[Chosen] = []
    sought: list[int] = []
    timeline.labels_chosen.connect(clicked.append)
    timeline.seek_requested.connect(sought.append)
    where = point(timeline, "labels", 2000)
    qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=where)
    assert clicked == [Chosen("one", frozenset({"one"}))]
    assert sought == [pytest.approx(2000, abs=10)]


def test_clicking_a_segment_of_the_model_selects_it(qtbot: QtBot, timeline: Timeline) -> None:
    with qtbot.waitSignal(timeline.prediction_clicked) as clicked:
        where = point(timeline, "model", 6500)
        qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=where)
    assert clicked.args == ["4000:7000"]


def test_dragging_an_edge_previews_and_reports_once_on_release(
    qtbot: QtBot, timeline: Timeline
) -> None:
    reported: list[tuple[str, TimeSpan]] = []
    timeline.retime_requested.connect(lambda key, span: reported.append((key, span)))
    drag(qtbot, timeline, "labels", 2985, 3600)
    assert timeline.content.dragged == {"one": TimeSpan(1000, 3600)}
    assert reported == []
    qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=point(timeline, "labels", 3600))
    assert reported == [("one", TimeSpan(1000, 3600))]
    assert timeline.content.dragged == {}


def test_a_dragged_edge_stops_at_its_neighbor(qtbot: QtBot, timeline: Timeline) -> None:
    drag(qtbot, timeline, "labels", 2985, 5500)
    assert timeline.content.dragged == {"one": TimeSpan(1000, 4000)}


def test_a_dragged_edge_is_attracted_by_the_playhead(qtbot: QtBot, timeline: Timeline) -> None:
    timeline.move_playhead(3480)
    drag(qtbot, timeline, "labels", 2985, 3455)
    assert timeline.content.dragged == {"one": TimeSpan(1000, 3480)}


def test_esc_drops_a_drag(qtbot: QtBot, timeline: Timeline) -> None:
    drag(qtbot, timeline, "labels", 2985, 3600)
    qtbot.keyClick(timeline, Qt.Key.Key_Escape)
    assert timeline.content.dragged == {}
    with qtbot.assertNotEmitted(timeline.retime_requested):
        qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=QPoint(500, 80))


def test_dragging_on_empty_ground_draws_a_range(qtbot: QtBot, timeline: Timeline) -> None:
    with qtbot.waitSignal(timeline.range_drawn) as drawn:
        drag(qtbot, timeline, "labels", 7000, 8000)
        end = point(timeline, "labels", 8000)
        qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=end)
    (span,) = drawn.args
    assert abs(span.start - 7000) <= 40
    assert abs(span.end - 8000) <= 40


def test_a_short_press_on_empty_ground_draws_nothing(qtbot: QtBot, timeline: Timeline) -> None:
    with (
        qtbot.assertNotEmitted(timeline.range_drawn),
        qtbot.waitSignal(timeline.ground_clicked),
    ):
        where = point(timeline, "labels", 8000)
        qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=where)


def test_a_project_that_is_only_read_is_not_dragged(qtbot: QtBot, timeline: Timeline) -> None:
    timeline.set_editable(False)
    drag(qtbot, timeline, "labels", 2985, 3600)
    assert timeline.content.dragged == {}


def test_the_ruler_scrubs(qtbot: QtBot, timeline: Timeline) -> None:
    sought: list[int] = []
    timeline.seek_requested.connect(sought.append)
    drag(qtbot, timeline, "ruler", 1000, 5000)
    assert len(sought) >= 3
    assert sought[-1] == pytest.approx(5000, abs=20)


def turn(timeline: Timeline, pts: float, notches: int, *, ctrl: bool) -> None:
    """Turn the wheel over a tick."""
    where = QPointF(point(timeline, "labels", pts))
    modifier = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        where,
        QPointF(timeline.mapToGlobal(where.toPoint())),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        modifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(timeline, event)


def test_the_wheel_zooms_around_the_pointer_with_ctrl_and_pans_without(timeline: Timeline) -> None:
    before = timeline.content.x_of(5000)
    for _ in range(6):
        turn(timeline, 5000, 1, ctrl=True)
    scale = timeline.content.scale
    assert scale is not None
    assert scale.per_pixel < 10 / 2.5
    assert timeline.content.x_of(5000) == pytest.approx(before, abs=3)
    turn(timeline, 5000, -1, ctrl=False)
    assert timeline.content.x_of(5000) < before


def test_a_double_click_asks_for_the_label(qtbot: QtBot, timeline: Timeline) -> None:
    with qtbot.waitSignal(timeline.activated):
        where = point(timeline, "labels", 5000)
        qtbot.mouseDClick(timeline, Qt.MouseButton.LeftButton, pos=where)


def pixel(timeline: Timeline, lane: str, pts: float) -> tuple[int, int, int]:
    """Return the color near the lower edge of a lane's bars, where no text is."""
    place = point(timeline, lane, pts)
    place.setY(timeline.content.lane_rect(lane).bottom() - 8)
    color = timeline.grab().toImage().pixelColor(place)
    return color.red(), color.green(), color.blue()


def test_labels_are_solid_and_the_model_is_not(timeline: Timeline) -> None:
    assert pixel(timeline, "labels", 2500) == (0x00, 0x72, 0xB2)
    assert pixel(timeline, "model", 6500) != (0x00, 0x9E, 0x73)
    assert pixel(timeline, "model", 6500) != pixel(timeline, "model", 8500)


def test_moving_the_playhead_paints_the_same_as_painting_all(timeline: Timeline) -> None:
    for pts in (1200, 4480, 5000, 9960):
        timeline.move_playhead(pts)
        QApplication.processEvents()
    partly = timeline.grab().toImage()
    timeline.update()
    QApplication.processEvents()
    assert timeline.grab().toImage() == partly


def test_ten_thousand_segments_leave_few_to_paint_one_by_one(timeline: Timeline) -> None:
    bars = tuple(Bar(str(i), TimeSpan(i, i + 1), "take", "#0072b2") for i in range(0, 10_000))
    row = Row(bars)
    timeline.show_lanes((BarLane("labels", "Labels", row, is_active=True),))
    scale = timeline.content.scale
    assert scale is not None
    assert row.wide(scale, range(len(bars))) == []
    assert pixel(timeline, "labels", 5000) == (0x00, 0x72, 0xB2)
    timeline.set_scale(scale.zoomed(1e9, around=500))
    close = timeline.content.scale
    assert close is not None
    assert len(row.visible(close.first, close.last)) <= close.width * close.per_pixel + 3


def test_dragging_a_body_moves_it_up_to_its_neighbor(qtbot: QtBot, timeline: Timeline) -> None:
    with qtbot.waitSignal(timeline.move_requested) as moved:
        drag(qtbot, timeline, "labels", 2000, 2520)
        assert timeline.content.dragged == {"one": TimeSpan(1520, 3520)}
        drag_to = point(timeline, "labels", 4400)
        qtbot.mouseMove(timeline, drag_to)
        qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=drag_to)
    assert moved.args == [("one",), {"one": TimeSpan(2000, 4000)}, ""]


def test_all_selected_labels_move_together(qtbot: QtBot, timeline: Timeline) -> None:
    timeline.select(labels=Chosen("one", frozenset({"one", "three"})))
    with qtbot.waitSignal(timeline.move_requested) as moved:
        drag(qtbot, timeline, "labels", 2000, 1000)
        end = point(timeline, "labels", 1000)
        qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=end)
    assert moved.args is not None
    assert moved.args[1] == {"one": TimeSpan(0, 2000), "three": TimeSpan(0, 2000)}


def test_a_label_is_dragged_to_another_track(qtbot: QtBot, timeline: Timeline) -> None:
    with qtbot.waitSignal(timeline.move_requested) as moved:
        start, end = point(timeline, "labels", 5000), point(timeline, "other", 5000)
        qtbot.mousePress(timeline, Qt.MouseButton.LeftButton, pos=start)
        qtbot.mouseMove(timeline, end)
        qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=end)
    assert moved.args == [("two",), {}, "other"]


def test_the_frame_at_a_dragged_edge_is_asked_for(qtbot: QtBot, timeline: Timeline) -> None:
    shown: list[int] = []
    timeline.edge_dragged.connect(shown.append)
    with qtbot.waitSignal(timeline.drag_ended):
        drag(qtbot, timeline, "labels", 2985, 3600)
        qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=point(timeline, "labels", 3600))
    assert shown[-1] == 3599


def test_ctrl_switches_the_attraction_off(qtbot: QtBot, timeline: Timeline) -> None:
    timeline.move_playhead(3480)
    qtbot.mousePress(timeline, Qt.MouseButton.LeftButton, pos=point(timeline, "labels", 2985))
    where = QPointF(point(timeline, "labels", 3450))
    move = QMouseEvent(
        QEvent.Type.MouseMove,
        where,
        QPointF(timeline.mapToGlobal(where.toPoint())),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.ControlModifier,
    )
    QApplication.sendEvent(timeline, move)
    assert timeline.content.dragged == {"one": TimeSpan(1000, 3440)}


def test_ctrl_and_shift_select_more(qtbot: QtBot, timeline: Timeline) -> None:
    timeline.labels_chosen.connect(lambda chosen: timeline.select(labels=chosen))
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    ctrl, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    for pts, how in ((2000, none), (5000, shift)):
        qtbot.mouseClick(timeline, left, how, point(timeline, "labels", pts))
    assert timeline.content.chosen == Chosen("one", frozenset({"one", "two"}))
    qtbot.mouseClick(timeline, left, ctrl, point(timeline, "labels", 5000))
    assert timeline.content.chosen == Chosen("one", frozenset({"one"}))


def test_a_rubber_band_selects_what_it_touches(qtbot: QtBot, timeline: Timeline) -> None:
    timeline.labels_chosen.connect(lambda chosen: timeline.select(labels=chosen))
    left, shift = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
    end = timeline.content.lane_rect("other").bottomLeft()
    end.setX(point(timeline, "other", 2500).x())
    qtbot.mousePress(timeline, left, shift, point(timeline, "labels", 3500))
    qtbot.mouseMove(timeline, end)
    assert timeline.content.band is not None
    qtbot.mouseRelease(timeline, left, shift, end)
    assert timeline.content.chosen.keys == {"one", "three", "four"}
    assert timeline.content.band is None


def test_a_point_is_hit_beside_its_moment(timeline: Timeline) -> None:
    hit = timeline.content.hit(point(timeline, "other", 7030))
    assert hit.bar is not None
    assert hit.bar.key == "moment"
    assert hit.edge is None


def test_clicking_a_header_chooses_the_track(qtbot: QtBot, timeline: Timeline) -> None:
    with qtbot.waitSignal(timeline.track_chosen) as chosen:
        where = QPoint(20, timeline.content.lane_rect("other").center().y())
        qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=where)
    assert chosen.args == ["other"]


def test_more_tracks_than_fit_are_scrolled(timeline: Timeline) -> None:
    lanes = [BarLane(str(i), f"Track {i}", Row(LABELS), is_active=i == 0) for i in range(20)]
    timeline.show_lanes(lanes)
    assert timeline.minimumSizeHint().height() <= 260
    assert timeline.content.lane_rect("19").top() > timeline.height()
    timeline.scroll_lanes(10_000)
    assert timeline.content.lane_rect("19").bottom() <= timeline.height()
    assert timeline.content.hit(QPoint(300, 60)).zone in ("ruler", "lane")


def test_the_track_that_is_labelled_on_is_scrolled_into_view(timeline: Timeline) -> None:
    for active in (19, 0, 10):
        lanes = [BarLane(str(i), f"Track {i}", Row(), is_active=i == active) for i in range(20)]
        timeline.show_lanes(lanes)
        rect = timeline.content.lane_rect(str(active))
        assert timeline.content.lane_rect("ruler").bottom() < rect.top()
        assert rect.bottom() < timeline.height()


def test_a_drag_goes_on_while_the_model_says_more(qtbot: QtBot, timeline: Timeline) -> None:
    drag(qtbot, timeline, "labels", 2985, 3600)
    more = BarLane("model", "Model", Row(MODEL), is_model=True)
    timeline.show_lane(more)
    assert timeline.content.dragged == {"one": TimeSpan(1000, 3600)}
    timeline.show_lane(BarLane("labels", "Labels", Row(LABELS[1:]), is_active=True))
    assert timeline.content.dragged == {}


def test_dragging_an_edge_selects_its_label(qtbot: QtBot, timeline: Timeline) -> None:
    chosen: list[Chosen] = []
    timeline.labels_chosen.connect(chosen.append)
    drag(qtbot, timeline, "labels", 2985, 3600)
    qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=point(timeline, "labels", 3600))
    assert chosen == [Chosen("one", frozenset({"one"}))]


def test_a_label_beyond_the_video_is_in_sight_and_can_be_clicked(
    qtbot: QtBot, timeline: Timeline
) -> None:
    show_lanes(timeline, (*LABELS, Bar("late", TimeSpan(11_000, 12_500), "take", "#0072b2")))
    scale = timeline.content.scale
    assert scale is not None
    assert scale.whole == TimeSpan(0, 12_500)
    assert scale.shows_all
    place = point(timeline, "labels", 11_700)
    assert place.x() < timeline.width()
    with qtbot.waitSignal(timeline.labels_chosen) as found:
        qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=place)
    assert found.args == [Chosen("late", frozenset({"late"}))]
    shown = timeline.grab().toImage()
    y = timeline.content.lane_rect("model").center().y()

    def colors_at(pts: float) -> set[str]:
        left = round(timeline.content.x_of(pts))
        return {shown.pixelColor(left + dx, y).name() for dx in range(16)}

    assert len(colors_at(8500)) == 1  # nothing is there in the video
    assert len(colors_at(10_500)) > 1  # hatched
    # The playhead stays in the video.
    with qtbot.waitSignal(timeline.seek_requested) as sought:
        timeline.seek(12_000)
    assert sought.args == [10_000]
    show_lanes(timeline)
    assert timeline.content.scale is not None
    assert timeline.content.scale.whole == TimeSpan(0, 10_000)


def header(timeline: Timeline, lane: str, share: float = 0.5) -> QPoint:
    """Return a place in a lane's header, 0 at its top and 1 at its bottom."""
    rect = timeline.content.lane_rect(lane)
    return QPoint(40, rect.top() + round(share * (rect.height() - 1)))


def carry(bot: QtBot, timeline: Timeline, lane: str, end: QPoint) -> None:
    """Press on a header and move, without releasing."""
    start = header(timeline, lane)
    bot.mousePress(timeline, Qt.MouseButton.LeftButton, pos=start)
    bot.mouseMove(timeline, (start + end) / 2)
    bot.mouseMove(timeline, end)


def test_a_track_is_dragged_by_its_header_and_moved_once_on_release(
    qtbot: QtBot, timeline: Timeline
) -> None:
    moved: list[tuple[str, int]] = []
    chosen: list[str] = []
    timeline.track_moved.connect(lambda key, place: moved.append((key, place)))
    timeline.track_chosen.connect(chosen.append)
    below = header(timeline, "other", 0.9)
    carry(qtbot, timeline, "labels", below)
    assert timeline.content.place == 2
    assert timeline.content.place_line(2) > timeline.content.lane_rect("other").bottom()
    assert (moved, timeline.cursor().shape()) == ([], Qt.CursorShape.ClosedHandCursor)
    qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=below)
    assert (moved, chosen, timeline.content.place) == ([("labels", 2)], [], None)
    above = header(timeline, "labels", 0.1)
    carry(qtbot, timeline, "other", above)
    qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=above)
    assert moved == [("labels", 2), ("other", 0)]


def test_a_track_that_stays_where_it_is_or_is_let_go_by_esc_is_not_moved(
    qtbot: QtBot, timeline: Timeline
) -> None:
    with qtbot.assertNotEmitted(timeline.track_moved):
        with qtbot.waitSignal(timeline.track_chosen) as clicked:
            shaky = header(timeline, "other", 0.7)
            carry(qtbot, timeline, "other", shaky)
            qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=shaky)
        assert clicked.args == ["other"]
        near = header(timeline, "other", 0.2)
        carry(qtbot, timeline, "labels", near)
        assert timeline.content.place is None
        qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=near)
        carry(qtbot, timeline, "labels", header(timeline, "model"))
        assert timeline.content.place == 2  # the model's lane stays the last
        qtbot.keyClick(timeline, Qt.Key.Key_Escape)
        assert timeline.content.place is None
        qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=header(timeline, "model"))
        carry(qtbot, timeline, "model", header(timeline, "labels", 0.1))
        assert timeline.content.place is None
        qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=header(timeline, "labels"))
        timeline.set_editable(False)
        carry(qtbot, timeline, "labels", header(timeline, "other", 0.9))
        qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=header(timeline, "other"))


def test_lanes_out_of_sight_come_while_a_track_is_dragged(qtbot: QtBot, timeline: Timeline) -> None:
    lanes = [BarLane(f"t{n}", f"Track {n}", Row(LABELS), is_active=n == 0) for n in range(12)]
    timeline.show_lanes(lanes)
    timeline.resize(1126, 200)
    assert timeline.content.scroll_range > 100
    bottom = QPoint(40, timeline.height() - 3)
    carry(qtbot, timeline, "t0", bottom)
    content = timeline.content
    qtbot.waitUntil(lambda: content.scrolled == content.scroll_range, timeout=WAIT_MS)
    assert (timeline.content.place or 0) > 6
    qtbot.keyClick(timeline, Qt.Key.Key_Escape)
    scrolled = timeline.content.scrolled
    qtbot.wait(100)
    assert timeline.content.scrolled == scrolled
    qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=bottom)
