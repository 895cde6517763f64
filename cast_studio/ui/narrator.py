"""Tells screen readers what painted widgets show: the place in the video, the selection, the heatmap."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QApplication

from cast_studio.ui import wording
from cast_studio.ui.notice_bar import NoticeBar
from cast_studio.ui.timeline.widget import Timeline
from cast_studio.ui.video_view import VideoView
from cast_studio.ui.view_state import ViewState
from cast_studio.ui.workspace import Workspace

_REST_MS = 250
"""So long the playhead must rest: nobody wants to hear every frame that is played."""


class Narrator(QObject):
    """Describes the timeline and the video, and announces what changes there and messages. GUI thread.

    A painted widget has no parts that a screen reader could walk through; it is described as a whole
    instead, and what changed is said once.

    Signals:
        announced: What was said.
    """

    announced = Signal(str)

    def __init__(self, state: ViewState, workspace: Workspace, notices: NoticeBar) -> None:
        super().__init__(workspace)
        self._state = state
        self._workspace = workspace
        self._timeline: Timeline = workspace.timeline
        self._video: VideoView = workspace.video_view
        self._selection = ""
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

    @Slot()
    def _later(self) -> None:
        self._resting.start()

    @Slot()
    def _describe(self) -> None:
        frames = self._state.frames
        if frames is None:
            self._selection = ""
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
        self._timeline.setAccessibleDescription(". ".join(filter(None, (place, shown, marked))))
        self._video.setAccessibleDescription(". ".join(filter(None, (place, self._heat()))))
        if shown != self._selection:
            self._selection = shown
            self._announce(shown)

    def _shown(self) -> str:
        """Return the label or segment that is selected or at the playhead, in words."""
        view = self._workspace.label_panel.view
        return "" if view is None else f"{view.kind}: {view.title}, {view.times}"

    def _marked(self) -> str:
        span, frames = self._state.marked, self._state.frames
        if span is None or frames is None:
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
        if QAccessible.isActive():
            focused = QApplication.focusWidget()
            event = QAccessibleAnnouncementEvent(focused or self._timeline, text)
            QAccessible.updateAccessibility(event)
        self.announced.emit(text)
