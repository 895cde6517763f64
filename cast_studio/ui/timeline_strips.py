"""Keeps the strips of the timeline, which show the video itself, in step with what is in sight."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal, Slot

from cast_studio.core.timing import FrameIndex
from cast_studio.ui.actions import Actions
from cast_studio.ui.commands import Do
from cast_studio.ui.scaled_pictures import ScaledPictures
from cast_studio.ui.studio import Studio
from cast_studio.ui.timeline.lanes import PICTURES, Lane
from cast_studio.ui.timeline.picture_lane import PictureLane
from cast_studio.ui.timeline.sound_lane import SoundLane
from cast_studio.ui.timeline.widget import Timeline

_USUAL_ASPECT = 16 / 9


class TimelineStrips(QObject):
    """Has made what is in sight, and knows which strips the user wants to see. GUI thread.

    Signals:
        changed: There are other strips than before, or one shows something else.
    """

    changed = Signal()

    def __init__(self, studio: Studio, timeline: Timeline, actions: Actions) -> None:
        super().__init__(timeline)
        self._studio = studio
        self._timeline = timeline
        self._preferences = studio.services.preferences
        go_there = self.tr("Click or drag to go there. The View menu hides this strip.")
        self._pictures = PictureLane(
            self.tr("Pictures"),
            self.tr(
                "Each picture is the frame at its left edge. A pale one is the last key frame before."
            )
            + f"\n{go_there}",
            studio.pictures.picture,
            ScaledPictures(),
        )
        self._sound = SoundLane(
            self.tr("Sound"), self.tr("How loud it is, whatever the volume.") + f"\n{go_there}"
        )
        for do, is_on, slot in (
            (Do.SHOW_PICTURES, self._preferences.shows_pictures, self._on_pictures_switched),
            (Do.SHOW_WAVEFORM, self._preferences.shows_waveform, self._on_waveform_switched),
        ):
            actions[do].setChecked(is_on)
            actions[do].toggled.connect(slot)
        studio.pictures.changed.connect(self._on_pictures_changed)
        studio.waveforms.changed.connect(self._on_waveform_changed)
        studio.waveforms.want(self._preferences.shows_waveform)
        timeline.view_changed.connect(self._look)

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The strips that are shown, from top to bottom."""
        lanes: list[Lane] = [self._pictures] if self._preferences.shows_pictures else []
        if self._sound.waveform is not None:
            lanes.append(self._sound)
        return tuple(lanes)

    def show_frames(self, frames: FrameIndex | None) -> None:
        """Turn to another video, which the player has opened, or to none."""
        video = self._studio.services.player.video
        aspect = _USUAL_ASPECT
        if video is not None and video.height > 0:
            aspect = video.width * video.sample_aspect / video.height
        self._pictures = replace(self._pictures, frames=frames, aspect=aspect)
        if frames is not None:
            self._sound = replace(self._sound, timebase=float(frames.timebase))

    @Slot()
    def _look(self) -> None:
        """Have made what is in sight."""
        scale, frames = self._timeline.content.scale, self._pictures.frames
        is_seen = self._timeline.isVisible() and self._preferences.shows_pictures
        if scale is None or frames is None or not is_seen:
            return
        self._studio.pictures.want(self._pictures.frames_in_view(scale))

    @Slot(bool)
    def _on_pictures_switched(self, is_on: bool) -> None:
        self._preferences.shows_pictures = is_on
        if not is_on:
            self._studio.pictures.want(())
        self.changed.emit()
        self._look()

    @Slot(bool)
    def _on_waveform_switched(self, is_on: bool) -> None:
        self._preferences.shows_waveform = is_on
        self._studio.waveforms.want(is_on)

    @Slot()
    def _on_pictures_changed(self) -> None:
        self._timeline.update_lane(PICTURES)

    @Slot()
    def _on_waveform_changed(self) -> None:
        waveform = self._studio.waveforms.waveform
        is_more = waveform is not None and self._sound.waveform is not None
        self._sound = replace(self._sound, waveform=waveform)
        if is_more:
            self._timeline.show_lane(self._sound)
        else:
            self.changed.emit()
