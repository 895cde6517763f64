"""Keeps the video, the transport, the timeline and the facts in step with the view state."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QImage

from cast_studio.core.timing import FrameIndex
from cast_studio.ui.status_bar import StatusBar
from cast_studio.ui.studio import Studio
from cast_studio.ui.timeline_presenter import TimelinePresenter
from cast_studio.ui.workspace import Workspace


class StagePresenter(QObject):
    """Shows what the state says on the stage, and passes what is clicked there on.

    Attributes:
        lanes: Shows the timeline's tracks.
    """

    def __init__(self, studio: Studio, workspace: Workspace, status: StatusBar) -> None:
        super().__init__(workspace)
        self._studio = studio
        self._view = workspace.video_view
        self._transport = workspace.transport
        self._timeline = workspace.timeline
        self._status = status
        self._untold = ("", "")
        self.lanes = TimelinePresenter(studio, workspace.timeline)
        self._connect_state()
        self._connect_widgets()
        self._on_video_changed("")

    def _connect_state(self) -> None:
        studio, player = self._studio, self._studio.services.player
        studio.state.video_changed.connect(self._on_video_changed)
        studio.state.frames_known.connect(self._on_frames_known)
        studio.state.playhead_moved.connect(self._on_playhead_moved)
        studio.playback.rate_changed.connect(self._transport.show_rate)
        studio.attention.heat_changed.connect(self._view.show_heat)
        studio.attention.told.connect(self._view.show_note)
        player.frame_shown.connect(self._on_frame_shown)
        player.playing_changed.connect(self._transport.show_playing)
        player.failed.connect(self._on_player_failed)
        studio.relinking.searched.connect(self._on_searched)

    def _connect_widgets(self) -> None:
        playback = self._studio.playback
        self._transport.rate_chosen.connect(playback.choose_rate)
        self._transport.seek_requested.connect(playback.show_frame)

    @Slot(str)
    def _on_video_changed(self, video_id: str) -> None:
        self._timeline.show_frames(None)
        self._transport.show_frames(None)
        self._status.show_facts("")
        if video_id:
            self._view.show_message(self.tr("Opening the video…"))
        else:
            self._view.show_message(
                self.tr("No video is open"),
                self.tr("Choose one on the left, or add one with Ctrl+O."),
            )

    @Slot(object)
    def _on_frames_known(self, frames: FrameIndex) -> None:
        self._timeline.show_frames(frames)
        self._transport.show_frames(frames)
        self.lanes.refresh()
        self.lanes.refresh_predictions()
        self._on_playhead_moved(self._studio.state.frame_index)

    @Slot(int)
    def _on_playhead_moved(self, frame_index: int) -> None:
        frames = self._studio.state.frames
        if frames is None:
            return
        frame_index = min(frame_index, len(frames) - 1)
        pts = frames.pts_of(frame_index)
        self._timeline.move_playhead(pts)
        self._transport.show_position(frame_index)
        video = self._studio.services.player.video
        self._status.show_position(
            frame_index=frame_index,
            pts=pts,
            seconds=frames.to_seconds(pts),
            rate=frames.average_rate,
            size=(video.width, video.height) if video is not None else (0, 0),
        )

    @Slot(int, object)
    def _on_frame_shown(self, frame_index: int, image: QImage) -> None:
        self._view.show_image(image)

    @Slot(str)
    def _on_player_failed(self, sentence: str) -> None:
        if self._view.image is None:
            self._view.show_message(self.tr("This video cannot be shown"), sentence)
        relinking = self._studio.relinking
        if relinking.is_searching:
            # The video may only have been moved: what is wrong is told when that is known.
            self._untold = self._studio.state.video_id, sentence
        elif self._studio.state.video_id not in self._studio.missing.ids:
            self._studio.services.messages.tell("error", sentence)
            self._studio.missing.look()

    @Slot(object, object)
    def _on_searched(self, absent: frozenset[str], _still: frozenset[str]) -> None:
        (video_id, sentence), self._untold = self._untold, ("", "")
        if sentence and video_id == self._studio.state.video_id and video_id not in absent:
            self._studio.services.messages.tell("error", sentence)
