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
from cast_studio.ui.timeline.widget import Timeline


class TimelineStrips(QObject):
    """Has made what is in sight, and knows which strips the user wants to see. GUI thread.

    Signals:
        changed: There are other strips than before.
    """

    changed = Signal()

    def __init__(self, studio: Studio, timeline: Timeline, actions: Actions) -> None:
        super().__init__(timeline)
        self._studio = studio
        self._timeline = timeline
        self._preferences = studio.services.preferences
        self._pictures = PictureLane(
            self.tr("Pictures"),
            self.tr(
                "Each picture is the frame at its left edge. A pale one is the last key frame before."
            )
            + "\n"
            + self.tr("Click or drag to go there. The View menu hides the pictures."),
            studio.pictures.picture,
            ScaledPictures(),
        )
        self._action = actions[Do.SHOW_PICTURES]
        self._action.setChecked(self._preferences.shows_pictures)
        self._action.toggled.connect(self._on_pictures_switched)
        studio.pictures.changed.connect(self._on_pictures_changed)
        timeline.view_changed.connect(self._look)

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The strips that are shown, from top to bottom."""
        return (self._pictures,) if self._preferences.shows_pictures else ()

    def show_frames(self, frames: FrameIndex | None) -> None:
        """Turn to another video, which the player has opened, or to none."""
        video = self._studio.services.player.video
        aspect = 16 / 9
        if video is not None and video.height > 0:
            aspect = video.width * video.sample_aspect / video.height
        self._pictures = replace(self._pictures, frames=frames, aspect=aspect)

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

    @Slot()
    def _on_pictures_changed(self) -> None:
        self._timeline.update_lane(PICTURES)
