"""Moving through the video: the player follows the view state's wishes and reports where it is."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from cast_studio.app.playback import Player
from cast_studio.app.preferences import Preferences
from cast_studio.app.session import Session
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.ui import wording
from cast_studio.ui.view_state import ViewState

_RATES = (-8.0, -4.0, -2.0, -1.0, -0.5, 0.5, 1.0, 2.0, 4.0, 8.0)


class PlaybackController(QObject):
    """Turns the play commands into wishes for the player. GUI thread.

    Signals:
        rate_changed: The speed that J, K and L have set.
    """

    rate_changed = Signal(float)

    def __init__(
        self,
        player: Player,
        state: ViewState,
        preferences: Preferences,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._player = player
        self._preferences = preferences
        self._state = state
        self._rate = 1.0
        self._begins_at: float | None = None
        self._places: dict[str, float] = {}
        player.opened.connect(self._on_opened)
        player.position_changed.connect(state.move_playhead)
        state.playhead_moved.connect(self._on_playhead_moved)

    def set_session(self, session: Session | None) -> None:
        """Begin with another project, or none, at normal speed."""
        self._places.clear()
        self.choose_rate(1.0)

    def open(self, path: Path | None, stream: int | None = None) -> None:
        """Show the video that the view has turned to, or none; one that was shown before goes on there.

        Args:
            path: The file.
            stream: Number of its video stream; None for the best one.
        """
        self._begins_at = self._places.get(self._state.video_id)
        self._player.set_video(path, stream)

    def begin_at(self, seconds: float) -> None:
        """Go to a moment of the video that is being opened as soon as its frames are known."""
        self._begins_at = seconds

    @property
    def is_playing(self) -> bool:
        """Whether the video plays."""
        return self._player.is_playing

    @property
    def playing_rate(self) -> float:
        """The speed at which it plays, negative for backwards, 0 while it does not."""
        return self._player.rate if self._player.is_playing else 0.0

    def toggle(self) -> None:
        """Pause, or play at the chosen speed."""
        if self._player.is_playing:
            self._player.pause()
        else:
            self._play(self._rate)

    @Slot(float)
    def choose_rate(self, rate: float) -> None:
        """Play at another speed from now on."""
        self._rate = rate
        self.rate_changed.emit(rate)
        if self._player.is_playing:
            self._player.play(rate)

    def pause(self) -> None:
        """Stop where it is."""
        self._player.pause()

    def step(self, frames: int) -> None:
        """Pause and go some frames on; negative is back."""
        self._player.step(frames)

    def skip(self, seconds: float) -> None:
        """Go some seconds on; negative is back. Playing goes on."""
        frames = self._state.frames
        if frames is not None:
            now = frames.seconds_of(self._player.position)
            self._player.show(frames.index_at_seconds(now + seconds))

    def jump(self, direction: int, *, is_long: bool = False) -> None:
        """Go on by a short or a long jump, as long as the preferences say; -1 is back. Playing goes on."""
        chosen = self._preferences
        self.skip(direction * (chosen.long_jump_seconds if is_long else chosen.short_jump_seconds))

    def to_start(self) -> None:
        """Go to the first frame."""
        self._player.show(0)

    def to_end(self) -> None:
        """Go to the last frame."""
        frames = self._state.frames
        if frames is not None:
            self._player.show(len(frames) - 1)

    @Slot(int)
    def show_frame(self, frame_index: int) -> None:
        """Go to a frame."""
        self._player.show(frame_index)

    @Slot(object)
    def show_pts(self, pts: int) -> None:
        """Go to the frame that is on screen at a time in ticks."""
        frames = self._state.frames
        if frames is not None:
            self._player.show(frames.index_played_at(pts))

    def show_text(self, text: str) -> bool:
        """Go where a text says, a frame or a time.

        Returns:
            Whether the text was understood.
        """
        frames, place = self._state.frames, wording.parse_position(text)
        if frames is None or place is None:
            return False
        kind, value = place
        if kind == "pts":
            value = frames.index_played_at(int(value))
        elif kind == "seconds":
            # Times are written rounded: what is copied from the window leads back to its frame.
            value = frames.index_at_seconds(value + wording.ROUNDING)
        self._player.show(int(value))
        return True

    def faster(self) -> None:
        """Play, or the next faster speed."""
        self._shift(1)

    def slower(self) -> None:
        """Play backwards, or the next slower speed."""
        self._shift(-1)

    def play_span(self, span: TimeSpan, *, loops: bool = False) -> None:
        """Play a span from its start and pause at its end, or play it again and again."""
        frames = self._state.frames
        if frames is None:
            return
        inside = frames.frames_in(span)
        if len(inside):
            self._player.show(inside.start)
            rate = abs(self._rate)
            again = inside.start if loops else None
            self._player.play(rate, stop_at=inside.stop, loop_from=again)
            self.rate_changed.emit(rate)

    def _shift(self, direction: int) -> None:
        if not self._player.is_playing:
            self._play(float(direction))
            return
        position = min(range(len(_RATES)), key=lambda i: abs(_RATES[i] - self._player.rate))
        self._play(_RATES[min(max(position + direction, 0), len(_RATES) - 1)])

    def _play(self, rate: float) -> None:
        self._player.play(rate)
        self.rate_changed.emit(rate)

    @Slot(int)
    def _on_playhead_moved(self, frame_index: int) -> None:
        frames = self._state.frames
        if frames is not None:
            place = frames.seconds_of(min(frame_index, len(frames) - 1))
            self._places[self._state.video_id] = place

    @Slot(object)
    def _on_opened(self, index: FrameIndex) -> None:
        self._state.set_frames(index)
        if self._begins_at is not None:
            self._player.show(index.index_at_seconds(self._begins_at))
            self._begins_at = None
