"""Labelling by the keys of classes: a press labels the range or the label, or begins and ends one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from cast_studio.app.preferences import BegunLabel, Preferences
from cast_studio.app.session import Session
from cast_studio.core.edits import ClassKey
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Track
from cast_studio.ui import wording
from cast_studio.ui.annotation_controller import AnnotationController
from cast_studio.ui.bars import label_text
from cast_studio.ui.keys.class_keys import class_keys, key_of_class, needs_labelling_mode
from cast_studio.ui.playback_controller import PlaybackController
from cast_studio.ui.view_state import LabelSelection, Selection, ViewState


class ClassLabelling(QObject):
    """Three ways to label with one key, told apart by what there is at that moment. GUI thread.

    A marked range gets the class. A label or a segment of the model that is selected, or under the
    playhead while nothing plays, gets it too. Otherwise, and always while playing, the first press
    begins a label and the next press of that key ends it. A class of another head joins the label
    that was begun last; another class of the same head begins a label of its own where labels may
    overlap, and elsewhere ends the open one where it begins the next. The label that was begun last is
    shown as the marked range; dropping the range drops it. A point event that was just added gets
    its class at any time.

    What was begun in another video waits until that is shown again.

    A single label keeps the class it has once the playhead has left it: what is pressed then is
    meant for what is on screen.

    Signals:
        refused: A sentence: why something was not done.
        open_changed: A label that is open began, ended or got another class, or others are shown.
    """

    refused = Signal(str)
    open_changed = Signal()

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
        self._begun: tuple[BegunLabel, ...] = ()
        self._is_ending = False
        self._chosen_at = 0
        self._shown_next = QTimer(self)
        self._shown_next.setSingleShot(True)
        self._shown_next.timeout.connect(self._show_open)
        state.selection_changed.connect(self._on_selection_changed)
        state.playhead_moved.connect(self._on_playhead_moved)
        state.range_changed.connect(self._on_range_changed)
        state.video_changed.connect(self._on_other_video)
        state.frames_known.connect(self._on_other_video)

    def set_session(self, session: Session | None) -> None:
        """Work on another project, or on none."""
        self._session = session
        self._set_begun(())

    @property
    def begun(self) -> tuple[BegunLabel, ...]:
        """The labels that are open in any video, the one that was begun last at the end."""
        return self._begun

    @property
    def open_labels(self) -> tuple[BegunLabel, ...]:
        """Those in the shown video."""
        return tuple(one for one in self._begun if one.video_id == self._state.video_id)

    @property
    def open_label(self) -> BegunLabel | None:
        """The one in the shown video that was begun last, None for none."""
        return next(iter(self.open_labels[::-1]), None)

    def go_on_with(self, begun: Sequence[BegunLabel]) -> None:
        """Go on with labels that were begun before; those that the project has no place for are left out."""
        session = self._session
        if session is None or session.read_only:
            return
        project = session.project
        self._set_begun(
            tuple(
                one
                for one in begun
                if one.labels
                and project.has_video(one.video_id)
                and all(
                    project.schema.has_head(head) and project.schema.head(head).has_class(class_id)
                    for head, class_id in one.labels.items()
                )
            )
        )
        self._show_open()

    @property
    def open_text(self) -> str:
        """What is open and how it is ended, as a sentence; empty for nothing."""
        session, found = self._session, self.open_label
        if found is None or session is None or self._state.frames is None:
            return ""
        head, class_id = next(iter(found.labels.items()))
        letters = self._preferences.letters_label
        key = key_of_class(session.project.schema, (head, class_id), letters_label=letters)
        words = self.tr("{label}: Esc drops it")
        if key:
            words = self.tr("{label}: {key} again ends it, Esc drops it")
        text = words.format(label=self._text_of(found), key=key)
        if others := self.other_text:
            text = self.tr("{label}; also {others}").format(label=text, others=others)
        return text

    @property
    def other_text(self) -> str:
        """What is open in the shown video besides the last one; empty for nothing."""
        return ", ".join(map(self._text_of, reversed(self.open_labels[:-1])))

    def _text_of(self, begun: BegunLabel) -> str:
        session, frames = self._session, self._state.frames
        if session is None or frames is None:
            return ""
        name = label_text(begun.labels, session.project.schema)
        since = wording.clock(frames.to_seconds(begun.start))
        return self.tr("“{name}” since {time}").format(name=name, time=since)

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
        if self.open_labels:
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
        begun = BegunLabel(self._state.video_id, start, {head: class_id})
        self._set_begun((*self._begun, begun))
        self._show_open()

    def _go_on(self, head: str, class_id: int) -> None:
        found = self.open_labels
        same = [one for one in found if one.labels.get(head) == class_id]
        if same:
            self._end(same[-1])
            return
        last = found[-1]
        if head not in last.labels:
            joined = replace(last, labels={**last.labels, head: class_id})
            self._set_begun(tuple(joined if one is last else one for one in self._begun))
            return
        track = self._annotations.track
        if track is not None and not track.exclusive:
            self._begin(head, class_id)
            return
        end = self._end(last)
        if end is not None:
            self._open_at(end, head, class_id)

    def _end(self, found: BegunLabel) -> int | None:
        """End a label; returns where, None where it could not be made."""
        end = self._moment("end")
        if end is None:
            return None
        if end <= found.start:
            self.refused.emit(
                self.tr("The label would end before it begins; go on and press the key then.")
            )
            return None
        # Making it drops the range, and dropping that would drop what is open besides.
        self._is_ending = True
        try:
            is_made = self._annotations.label_span(TimeSpan(found.start, end), dict(found.labels))
        finally:
            self._is_ending = False
        if is_made:
            self._set_begun(tuple(one for one in self._begun if one is not found))
            self._show_open()
        return end if is_made else None

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

    def _set_begun(self, begun: tuple[BegunLabel, ...]) -> None:
        if begun != self._begun:
            self._begun = begun
            self.open_changed.emit()

    @Slot()
    def _show_open(self) -> None:
        found, frames = self.open_label, self._state.frames
        if found is not None and frames is not None:
            here = frames.end_of(min(self._state.frame_index, len(frames) - 1))
            self._state.mark(TimeSpan(found.start, max(here, found.start)))

    @Slot()
    def _on_other_video(self) -> None:
        if self._begun:
            self._show_open()
            self.open_changed.emit()

    @Slot(int)
    def _on_playhead_moved(self, frame_index: int) -> None:
        self._show_open()

    @Slot(object)
    def _on_selection_changed(self, _selection: Selection) -> None:
        self._chosen_at = self._state.frame_index

    @Slot(object)
    def _on_range_changed(self, marked: TimeSpan | None) -> None:
        # Where another video is shown, its frames are not known yet.
        if marked is not None or self._is_ending or self._state.frames is None:
            return
        dropped = self.open_label
        if dropped is not None:
            self._set_begun(tuple(one for one in self._begun if one is not dropped))
            # After all others have heard that the range is gone.
            self._shown_next.start()


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
