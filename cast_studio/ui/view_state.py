"""What the user looks at: video, playhead, selection, marked range. Never undoable."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from cast_studio.core.timing import FrameIndex, TimeSpan


@dataclass(frozen=True, slots=True)
class LabelSelection:
    """A human's label is selected, or several are.

    Attributes:
        segment_id: The one that panels show.
        others: Those that bulk edits change with it.
    """

    segment_id: str
    others: frozenset[str] = frozenset()

    @property
    def ids(self) -> tuple[str, ...]:
        """All of them, the one that panels show first."""
        return (self.segment_id, *sorted(self.others - {self.segment_id}))


@dataclass(frozen=True, slots=True)
class PredictionSelection:
    """A segment of the model is selected."""

    span: TimeSpan


@dataclass(frozen=True, slots=True)
class TrackName:
    """What tracks of different videos have in common: shown or hidden, they are so in all videos.

    Attributes:
        name: What the user reads.
        annotator: Who labels there.
    """

    name: str
    annotator: str


Selection = LabelSelection | PredictionSelection | None


class ViewState(QObject):
    """The shared view state; panels read it and listen to it, controllers change it. GUI thread.

    Signals:
        video_changed: The id of the shown video, empty for none.
        frames_known: The :class:`FrameIndex` of the shown video has arrived.
        playhead_moved: The frame index on screen.
        selection_changed: The new :data:`Selection`.
        range_changed: The marked :class:`TimeSpan` or None.
        tracks_changed: Another track is labelled on, or others are hidden.
    """

    video_changed = Signal(str)
    frames_known = Signal(object)
    playhead_moved = Signal(int)
    selection_changed = Signal(object)
    range_changed = Signal(object)
    tracks_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._video_id = ""
        self._frames: FrameIndex | None = None
        self._frame_index = 0
        self._selection: Selection = None
        self._marked: TimeSpan | None = None
        self._track: TrackName | None = None
        self._hidden: frozenset[TrackName] = frozenset()

    @property
    def video_id(self) -> str:
        """The shown video, empty for none."""
        return self._video_id

    @property
    def frames(self) -> FrameIndex | None:
        """The frames of the shown video, None until they are known."""
        return self._frames

    @property
    def frame_index(self) -> int:
        """The frame on screen."""
        return self._frame_index

    @property
    def playhead(self) -> int | None:
        """The start of the frame on screen in ticks, None until the frames are known."""
        if self._frames is None:
            return None
        return self._frames.pts_of(min(self._frame_index, len(self._frames) - 1))

    @property
    def selection(self) -> Selection:
        """What is selected."""
        return self._selection

    @property
    def marked(self) -> TimeSpan | None:
        """The range between the in and the out mark."""
        return self._marked

    @property
    def track(self) -> TrackName | None:
        """The track that is labelled on, in every video that has it; None for the annotator's own."""
        return self._track

    @property
    def hidden_tracks(self) -> frozenset[TrackName]:
        """The tracks that the timeline does not show."""
        return self._hidden

    def choose_track(self, track: TrackName | None) -> None:
        """Label on another track from now on; it is shown if it was hidden."""
        hidden = self._hidden - {track}
        if (track, hidden) != (self._track, self._hidden):
            self._track, self._hidden = track, hidden
            self.tracks_changed.emit()

    def hide_tracks(self, hidden: frozenset[TrackName]) -> None:
        """Show all tracks but these."""
        if hidden != self._hidden:
            self._hidden = hidden
            self.tracks_changed.emit()

    def show_video(self, video_id: str) -> None:
        """Turn to another video, or to none; everything else starts anew."""
        if video_id != self._video_id:
            self._begin(video_id)

    def show_again(self) -> None:
        """Begin anew with the shown video: its file is seen otherwise now."""
        self._begin(self._video_id)

    def _begin(self, video_id: str) -> None:
        self._video_id = video_id
        self._frames = None
        self._frame_index = 0
        self.select(None)
        self.mark(None)
        self.video_changed.emit(video_id)

    def set_frames(self, frames: FrameIndex) -> None:
        """Tell when the frames of the shown video are."""
        if self._frames is frames:
            return
        self._frames = frames
        self._frame_index = min(self._frame_index, len(frames) - 1)
        self.frames_known.emit(frames)

    def move_playhead(self, frame_index: int) -> None:
        """Note which frame is on screen."""
        if frame_index != self._frame_index:
            self._frame_index = frame_index
            self.playhead_moved.emit(frame_index)

    def select(self, selection: Selection) -> None:
        """Select something, or nothing."""
        if selection != self._selection:
            self._selection = selection
            self.selection_changed.emit(selection)

    def mark(self, span: TimeSpan | None) -> None:
        """Set or clear the marked range."""
        if span != self._marked:
            self._marked = span
            self.range_changed.emit(span)
