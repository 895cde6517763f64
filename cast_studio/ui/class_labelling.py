"""Labelling by the keys of classes: a press labels the range or the label, or begins and ends one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from PySide6.QtCore import QObject, Signal, Slot

from cast_studio.app.preferences import Preferences
from cast_studio.app.session import Session
from cast_studio.core.edits import ClassKey
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Track
from cast_studio.ui import wording
from cast_studio.ui.annotation_controller import AnnotationController
from cast_studio.ui.keys.class_keys import class_keys, key_of_class, needs_labelling_mode
from cast_studio.ui.playback_controller import PlaybackController
from cast_studio.ui.view_state import LabelSelection, Selection, ViewState


@dataclass(frozen=True, slots=True)
class OpenLabel:
    """A label that was begun by a key and waits for its end.

    Attributes:
        start: In ticks of the video.
        labels: Head name to class id.
    """

    start: int
    labels: dict[str, int]


class ClassLabelling(QObject):
    """Three ways to label with one key, told apart by what there is at that moment. GUI thread.

    A marked range gets the class. A label or a segment of the model that is selected, or under the
    playhead while nothing plays, gets it too. Otherwise, and always while playing, the first press
    begins a label and the next press of a class of that head ends it. The label that is open is
    shown as the marked range; dropping the range drops it. A point event that was just added gets
    its class at any time.

    A single label keeps the class it has once the playhead has left it: what is pressed then is
    meant for what is on screen.

    Signals:
        refused: A sentence: why something was not done.
        open_changed: The label that is open began, ended or got another class.
        left_open: Id of the video, and the :class:`OpenLabel` in it: another video is shown now.
    """

    refused = Signal(str)
    open_changed = Signal()
    left_open = Signal(str, object)

    def __init__(
        self,
        state: ViewState,
        annotations: AnnotationController,
        playback: PlaybackController,
        preferences: Preferences,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._state = state
        self._annotations = annotations
        self._playback = playback
        self._preferences = preferences
        self._session: Session | None = None
        self._open: OpenLabel | None = None
        self._open_in = ""
        self._chosen_at = 0
        state.selection_changed.connect(self._on_selection_changed)
        state.playhead_moved.connect(self._on_playhead_moved)
        state.range_changed.connect(self._on_range_changed)

    def set_session(self, session: Session | None) -> None:
        """Work on another project, or on none."""
        self._session = session
        self._set_open(None)

    @property
    def open_label(self) -> OpenLabel | None:
        """The label that was begun by a key, None for none."""
        return self._open

    def resume(self, begun: OpenLabel) -> bool:
        """Go on with a label that was begun before; returns whether its classes are still there."""
        session = self._session
        schema = session.project.schema if session is not None else None
        if schema is None or self._open is not None or not begun.labels:
            return False
        if not all(
            schema.has_head(head) and schema.head(head).has_class(class_id)
            for head, class_id in begun.labels.items()
        ):
            return False
        self._set_open(begun)
        self._show_open()
        return True

    @property
    def open_text(self) -> str:
        """What is open and how it is ended, as a sentence; empty for nothing."""
        session, frames = self._session, self._state.frames
        if self._open is None or session is None or frames is None:
            return ""
        head, class_id = next(iter(self._open.labels.items()))
        schema = session.project.schema
        name = schema.head(head).class_with_id(class_id).name
        begun = wording.clock(frames.to_seconds(self._open.start))
        key = key_of_class(schema, (head, class_id))
        if not key:
            return self.tr("“{name}” since {time}: Esc drops it").format(name=name, time=begun)
        words = self.tr("“{name}” since {time}: {key} again ends it, Esc drops it")
        return words.format(name=name, time=begun, key=key)

    def class_of(self, key: str) -> ClassKey | None:
        """Return the class that a key labels with at this moment, None when it does not label."""
        session = self._session
        if session is None or session.read_only or self._state.frames is None:
            return None
        found = class_keys(session.project.schema).get(key)
        if found is None or (needs_labelling_mode(key) and not self._preferences.letters_label):
            return None
        return found

    @Slot(object)
    def press(self, key: ClassKey) -> None:
        """Do what the key of a class does now."""
        head, class_id = key
        if self._open is not None:
            self._go_on(head, class_id)
            return
        if self._waits(head):
            self._annotations.give({head: class_id})
            return
        if not self._playback.is_playing and self._is_left(head):
            self._state.select(None)
        if self._playback.is_playing:
            self._begin(head, class_id)
        elif self._state.marked is not None or self._annotations.current.span is not None:
            self._annotations.give({head: class_id})
        else:
            self._begin(head, class_id)

    @property
    def moment(self) -> int | None:
        """The moment that a press of a key means now, in ticks; None until frames are known."""
        return self._moment("start")

    def label_again(self) -> None:
        """Give the range or the label the classes that were given last."""
        latest = dict(self._annotations.habits.latest)
        schema = self._session.project.schema if self._session is not None else None
        known = {
            head: class_id
            for head, class_id in latest.items()
            if schema is not None and schema.has_head(head)
            if schema.head(head).has_class(class_id)
        }
        if any(map(self._is_left, known)):
            self._state.select(None)
        if known:
            self._annotations.give(known)

    def _waits(self, head: str) -> bool:
        """Return whether a point event without a class is selected; it was set for this press."""
        segment = self._annotations.current.segment
        return (
            self._state.selection is not None
            and segment is not None
            and segment.span.is_point
            and head not in segment.labels
            and len(self._annotations.selected) == 1
        )

    def _is_left(self, head: str) -> bool:
        """Return whether the one thing that is selected has a class and is no longer looked at."""
        state, current = self._state, self._annotations.current
        selection, playhead, span = state.selection, state.playhead, current.span
        if selection is None or state.marked is not None or playhead is None or span is None:
            return False
        if isinstance(selection, LabelSelection) and len(selection.ids) > 1:
            return False
        if current.segment is not None and head not in current.segment.labels:
            return False
        return not span.contains(playhead) and state.frame_index != self._chosen_at

    def _begin(self, head: str, class_id: int) -> None:
        start = self._moment("start")
        if start is None:
            return
        free = free_from(self._annotations.track, start, self._now("start") or start)
        if free is None:
            self.refused.emit(
                self.tr(
                    "There is a label here already; go behind it, or pause and press the key to "
                    "change its class."
                )
            )
            return
        self._open_at(free, head, class_id)

    def _open_at(self, start: int, head: str, class_id: int) -> None:
        self._state.select(None)
        self._set_open(OpenLabel(start, {head: class_id}))
        self._show_open()

    def _go_on(self, head: str, class_id: int) -> None:
        found = self._open
        if found is None:
            return
        if head not in found.labels:
            self._set_open(replace(found, labels={**found.labels, head: class_id}))
            return
        is_same = found.labels[head] == class_id
        end = self._end(found)
        if end is not None and not is_same:
            self._open_at(end, head, class_id)

    def _end(self, found: OpenLabel) -> int | None:
        """End a label; returns where, None where it could not be made."""
        end = self._moment("end")
        if end is None:
            return None
        if end <= found.start:
            self.refused.emit(
                self.tr("The label would end before it begins; go on and press the key then.")
            )
            return None
        # Before the range is dropped: dropping it drops an open label.
        self._set_open(None)
        if self._annotations.label_span(TimeSpan(found.start, end), found.labels):
            return end
        self._set_open(found)
        return None

    def _moment(self, edge: Literal["start", "end"]) -> int | None:
        """Return the edge of a frame where a press begins or ends a label, in ticks."""
        now, frames = self._now(edge), self._state.frames
        rate = self._playback.playing_rate
        if now is None or frames is None or not rate or not self._preferences.reaction_ms:
            return now
        late = self._preferences.reaction_ms / 1000 * rate
        index = frames.index_at_seconds(frames.to_seconds(now) - late)
        return frames.pts_of(index)

    def _now(self, edge: Literal["start", "end"]) -> int | None:
        frames = self._state.frames
        if frames is None:
            return None
        index = min(self._state.frame_index, len(frames) - 1)
        # While playing, the frame on screen is the first that no longer belongs to it.
        is_over = edge == "end" and (not self._playback.is_playing or index == len(frames) - 1)
        return frames.end_of(index) if is_over else frames.pts_of(index)

    def _set_open(self, found: OpenLabel | None) -> None:
        if found != self._open:
            self._open, self._open_in = found, self._state.video_id
            self.open_changed.emit()

    def _show_open(self) -> None:
        found, frames = self._open, self._state.frames
        if found is not None and frames is not None:
            here = frames.end_of(min(self._state.frame_index, len(frames) - 1))
            self._state.mark(TimeSpan(found.start, max(here, found.start)))

    @Slot(int)
    def _on_playhead_moved(self, frame_index: int) -> None:
        self._show_open()

    @Slot(object)
    def _on_selection_changed(self, _selection: Selection) -> None:
        self._chosen_at = self._state.frame_index

    @Slot(object)
    def _on_range_changed(self, marked: TimeSpan | None) -> None:
        if marked is not None:
            return
        if self._open is not None and self._open_in != self._state.video_id:
            self.left_open.emit(self._open_in, self._open)
        self._set_open(None)


def free_from(track: Track | None, start: int, now: int) -> int | None:
    """Return where a label can begin that was meant to begin at ``start``, in ticks.

    Args:
        track: Where it goes.
        start: Where it should begin.
        now: Where the playhead is; a label may end between the two, then it begins there.

    Returns:
        None where there is no track, or a label at ``now`` and the track takes no overlaps.
    """
    if track is None:
        return None
    if not track.exclusive:
        return start
    around = track.overlapping(TimeSpan(min(start, now), now))
    end = max((found.span.end for found in around), default=start)
    return None if end > now else max(start, end)
