"""Keeps the video, the transport, the timeline and the facts in step with the view state."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QImage

from cast_studio.core.timing import FrameIndex
from cast_studio.ui import wording
from cast_studio.ui.actions import Actions
from cast_studio.ui.status_bar import StatusBar
from cast_studio.ui.studio import Studio
from cast_studio.ui.timeline_presenter import TimelinePresenter
from cast_studio.ui.workspace import Workspace


class StagePresenter(QObject):
    """Shows what the state says on the stage, and passes what is clicked there on.

    Attributes:
        lanes: Shows the timeline's tracks.
    """

    def __init__(
        self, studio: Studio, workspace: Workspace, status: StatusBar, actions: Actions
    ) -> None:
        super().__init__(workspace)
        self._studio = studio
        self._view = workspace.video_view
        self._transport = workspace.transport
        self._timeline = workspace.timeline
        self._status = status
        self._untold = ("", "")
        self.lanes = TimelinePresenter(studio, workspace.timeline, actions)
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
        player.opened.connect(self._on_opened)
        player.device_changed.connect(self._on_device_changed)
        player.frame_shown.connect(self._on_frame_shown)
        player.preview_shown.connect(self._on_frame_shown)
        player.exact_changed.connect(self._on_exact_changed)
        self._view.screen_changed.connect(player.set_screen)
        player.playing_changed.connect(self._transport.show_playing)
        player.failed.connect(self._on_player_failed)
        studio.relinking.searched.connect(self._on_searched)

    def _connect_widgets(self) -> None:
        playback = self._studio.playback
        self._transport.rate_chosen.connect(playback.choose_rate)
        sound = self._studio.sound
        sound.state_changed.connect(self._transport.sound.show_state)
        self._transport.sound.volume_chosen.connect(sound.set_volume)
        sound.volume_changed.connect(self._transport.sound.show_volume)
        self._transport.sound.show_volume(sound.volume, sound.is_muted)
        self._transport.look_chosen.connect(self._studio.services.player.set_look)
        self._transport.seek_requested.connect(playback.show_frame)

    @Slot(str)
    def _on_video_changed(self, video_id: str) -> None:
        self.lanes.strips.show_frames(None)
        self._timeline.show_frames(None)
        self._transport.show_frames(None)
        self._status.frame_facts.show_text("")
        if video_id:
            self._view.show_message(self.tr("Opening the video…"))
        else:
            self.lanes.refresh()
            self._view.show_message(
                self.tr("No video is open"),
                self.tr("Choose one on the left, or add one."),
            )

    @Slot(object)
    def _on_frames_known(self, frames: FrameIndex) -> None:
        self.lanes.strips.show_frames(frames)
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
        self._status.frame_facts.show_position(
            frame_index=frame_index,
            pts=pts,
            seconds=frames.to_seconds(pts),
            since_start=frames.to_seconds(pts - frames.span.start),
            rate=frames.average_rate,
            size=(video.width, video.height) if video is not None else (0, 0),
        )

    @Slot(object)
    def _on_opened(self, index: FrameIndex) -> None:
        video = self._studio.services.player.video
        if video is not None:
            self._view.show_shape(video.width, video.height, video.sample_aspect)
        self._on_device_changed()

    @Slot()
    def _on_device_changed(self) -> None:
        player = self._studio.services.player
        if player.video is not None:
            self._status.frame_facts.show_decoder(
                self.tr("{codec}, decoded by {decoder}").format(
                    codec=player.video.codec, decoder=player.device or self.tr("the processor")
                )
            )

    @Slot(int, object)
    def _on_frame_shown(self, frame_index: int, image: QImage) -> None:
        self._view.show_image(image)
        self._say_what_is_seen()

    @Slot(bool)
    def _on_exact_changed(self, is_exact: bool) -> None:
        self._transport.show_exact(is_exact)
        self._say_what_is_seen()

    def _say_what_is_seen(self) -> None:
        """Mark a picture of another frame than the one that is wanted; playing goes on without words."""
        player = self._studio.services.player
        if player.is_exact or player.is_playing or player.shown is None:
            self._view.show_mark("")
            return
        self._view.show_mark(
            self.tr("Not yet exact: frame {shown}, decoding {wanted}").format(
                shown=wording.count(player.shown), wanted=wording.count(player.position)
            )
        )

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
