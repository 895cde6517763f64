"""A player, and when which frame came to the screen: what the benchmark of the video engine looks at."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QImage

from cast_studio.app.playback import Player
from tests.benchmarks.stage import pause, wait_until

SCREEN = (960, 540)
"""What a window of 1440 × 900 has for the picture, about."""
_LONG_SECONDS = 60.0


@dataclass
class Watch:
    """Notes what is shown.

    Attributes:
        player: With an open video.
        exact: Frame index and moment of each frame that was wanted.
        pictures: The same of all that was shown, previews too.
    """

    player: Player
    exact: list[tuple[int, float]] = field(default_factory=list)
    pictures: list[tuple[int, float]] = field(default_factory=list)
    _awaited: tuple[int, QEventLoop] | None = None

    def __post_init__(self) -> None:
        self.player.frame_shown.connect(self._on_frame)
        self.player.preview_shown.connect(self._on_preview)

    def open(self, path: Path) -> None:
        """Open a video and wait for its first frame."""
        self.player.set_screen(*SCREEN)
        self.player.set_video(path)
        wait_until(lambda: bool(self.exact), _LONG_SECONDS)

    def go(self, frame_index: int) -> tuple[float, float]:
        """Go to a frame; return after how many ms something new was seen, and after how many the frame."""
        self.forget()
        start = time.perf_counter()
        self.player.show(frame_index)
        self._wait_for(frame_index)
        came = next(moment for index, moment in self.exact if index == frame_index)
        return 1000 * (self.pictures[0][1] - start), 1000 * (came - start)

    def hold_key(self, direction: int, count: int, *, rate: float) -> list[float]:
        """Step ``count`` times at a pace; return after how many ms each frame was on screen.

        A frame that never was, because a later one came before it, counts from its own step to then.
        """
        self.forget()
        begun: list[tuple[int, float]] = []
        start = time.perf_counter()
        for number in range(count):
            while (left := start + number / rate - time.perf_counter()) > 0:
                pause(max(0.0, 1000 * left - 1))
            begun.append((self.player.position + direction, time.perf_counter()))
            self.player.step(direction)
        last = begun[-1][0]
        wait_until(lambda: any(index == last for index, _ in self.exact), _LONG_SECONDS)
        return [1000 * (self._reached(index, direction, at) - at) for index, at in begun]

    def _wait_for(self, frame_index: int) -> None:
        """Sleep until a frame is shown: asking again and again would take time from the decoder."""
        if any(index == frame_index for index, _ in self.exact):
            return
        loop = QEventLoop()
        self._awaited = frame_index, loop
        QTimer.singleShot(int(1000 * _LONG_SECONDS), loop.quit)
        loop.exec()
        self._awaited = None
        if not any(index == frame_index for index, _ in self.exact):
            raise TimeoutError(f"frame {frame_index} was not shown")

    def forget(self) -> None:
        """Begin to note anew."""
        self.exact.clear()
        self.pictures.clear()

    def _reached(self, index: int, direction: int, since: float) -> float:
        return next(
            moment
            for shown, moment in self.exact
            if moment >= since and (shown - index) * direction >= 0
        )

    def _on_frame(self, frame_index: int, image: QImage) -> None:
        now = time.perf_counter()
        self.exact.append((frame_index, now))
        self.pictures.append((frame_index, now))
        if self._awaited is not None and self._awaited[0] == frame_index:
            self._awaited[1].quit()

    def _on_preview(self, frame_index: int, image: QImage) -> None:
        self.pictures.append((frame_index, time.perf_counter()))
