"""Tells screen readers what painted widgets show: the place in the video, the selection, the heatmap."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication

from cast_studio.app.session import Session
from cast_studio.app.stored_history import REDO, UNDO
from cast_studio.ui import wording
from cast_studio.ui.actions import Actions
from cast_studio.ui.notice_bar import NoticeBar
from cast_studio.ui.spoken import announce, describe
from cast_studio.ui.studio import Studio
from cast_studio.ui.timeline.widget import Timeline
from cast_studio.ui.video_view import VideoView
from cast_studio.ui.workspace import Workspace

_REST_MS = 250
"""So long the playhead must rest: nobody wants to hear every frame that is played."""


class Narrator(QObject):
    """Describes the timeline and the video, and announces what changes there and messages. GUI thread.

    A painted widget has no parts that a screen reader could walk through; it is described as a whole
    instead, and what changed is said once: where it is, what is selected, and what an edit did.

    Signals:
        announced: What was said.
    """

    announced = Signal(str)

    def __init__(
        self, studio: Studio, actions: Actions, workspace: Workspace, notices: NoticeBar
    ) -> None:
        super().__init__(workspace)
        self._state = state = studio.state
        self._labelling = studio.class_labelling
        self._workspace = workspace
        self._timeline: Timeline = workspace.timeline
        self._video: VideoView = workspace.video_view
        self._selection = ""
        self._range = ""
        self._resting = QTimer(self)
        self._resting.setSingleShot(True)
        self._resting.setInterval(_REST_MS)
        self._resting.timeout.connect(self._describe)
        for signal in (
            state.frames_known,
            state.playhead_moved,
            state.selection_changed,
            state.range_changed,
            self._video.heat_changed,
        ):
            signal.connect(self._later)
        notices.told.connect(self._announce)
        actions.switched.connect(self._on_switched)
        studio.session_changed.connect(self._on_session_changed)

    @Slot(object)
    def _on_session_changed(self, session: Session | None) -> None:
        if session is not None:
            session.told.connect(self._on_told)

    @Slot(str, str)
    def _on_told(self, way: str, edit: str) -> None:
        words = {UNDO: self.tr("Undone: {edit}"), REDO: self.tr("Done again: {edit}")}
        self._announce(words.get(way, "{edit}").format(edit=wording.told(edit)))

    @Slot(str, bool)
    def _on_switched(self, name: str, is_on: bool) -> None:
        text = self.tr("{command}: on") if is_on else self.tr("{command}: off")
        self._announce(text.format(command=name))

    @Slot()
    def _later(self) -> None:
        self._resting.start()

    @Slot()
    def _describe(self) -> None:
        frames = self._state.frames
        if frames is None:
            self._selection = self._range = ""
            self._timeline.setAccessibleDescription("")
            return
        index = min(self._state.frame_index, len(frames) - 1)
        place = self.tr("{time}, frame {n} of {total}").format(
            time=wording.plain_seconds(frames.seconds_of(index)),
            n=wording.count(index),
            total=wording.count(len(frames)),
        )
        shown = self._shown()
        marked = self._marked()
        describe(self._timeline, ". ".join(filter(None, (place, shown, marked))))
        describe(self._video, ". ".join(filter(None, (place, self._heat()))))
        if shown != self._selection:
            self._selection = shown
            self._announce(shown)
        elif marked != self._range:
            self._announce(marked)
        self._range = marked

    def _shown(self) -> str:
        """Return the label or segment that is selected, at the playhead or begun, in words."""
        view = self._workspace.label_panel.view
        if view is None:
            return ""
        if view.subject == "range":
            is_begun = self._labelling.open_label is not None
            return f"{view.kind}: {view.title}" if is_begun else ""
        return f"{view.kind}: {view.title}, {view.times}"

    def _marked(self) -> str:
        span, frames = self._state.marked, self._state.frames
        # What was begun ends wherever the playhead is.
        if span is None or frames is None or self._labelling.open_label is not None:
            return ""
        start, end = (wording.plain_seconds(frames.to_seconds(t)) for t in (span.start, span.end))
        return self.tr("Range from {start} to {end}").format(start=start, end=end)

    def _heat(self) -> str:
        place = self._video.hottest
        if place is None:
            return ""
        rows = (self.tr("top"), self.tr("middle"), self.tr("bottom"))
        columns = (self.tr("left"), self.tr("center"), self.tr("right"))
        return self.tr("The model looked most at the {row} {column}").format(
            row=rows[place[0]], column=columns[place[1]]
        )

    @Slot(str)
    def _announce(self, text: str) -> None:
        if not text:
            return
        announce(QApplication.focusWidget() or self._timeline, text)
        self.announced.emit(text)
