"""Labels as tests of the window need them: by keys as a user makes them, or at once."""

from __future__ import annotations

from PySide6.QtCore import Qt

from cast_studio.core.edits import AddSegments
from cast_studio.core.tracks import Segment
from cast_studio.ui.class_picker import ClassPicker
from tests.ui.conftest import Desk


def picker_of(desk: Desk) -> ClassPicker:
    """Return the open picker."""
    open_ones = [p for p in desk.window.findChildren(ClassPicker) if p.isVisible()]
    assert len(open_ones) == 1
    return open_ones[0]


def label_range(desk: Desk, first: int, last: int) -> None:
    """Label a range as take, knife by keys."""
    desk.show_frame(first)
    desk.press("I")
    desk.show_frame(last)
    desk.press("O", "Return")
    picker = picker_of(desk)
    desk.bot.keyClicks(picker.columns[0].field, "tak")
    desk.press(Qt.Key.Key_Return)
    desk.bot.keyClicks(picker.columns[1].field, "kni")
    desk.press(Qt.Key.Key_Return)
    desk.wait(lambda: desk.studio.state.marked is None)


def add_labels(desk: Desk, *verbs: int, noun: bool = True) -> None:
    """Label short ranges one after the other."""
    track, frames = desk.studio.annotations.track, desk.studio.state.frames
    assert track is not None
    assert frames is not None
    first = len(track.segments) * 10
    desk.session.do(
        AddSegments(
            track.id,
            tuple(
                Segment(
                    desk.session.new_id(),
                    frames.span_of_frames(first + 10 * i, first + 10 * i + 9),
                    {"verb": verb, "noun": 1} if noun else {"verb": verb},
                )
                for i, verb in enumerate(verbs)
            ),
        )
    )


def ready(desk: Desk) -> Desk:
    """Wait until the model is loaded."""
    desk.wait(lambda: bool(desk.studio.services.inference.model_id))
    return desk
