"""Notices that a video does not answer: a disk that is gone or stalled, or a decoder that hangs."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from cast_studio.app.playback import Player

_PATIENCE_MS: Final = 5_000


class StallWatch(QObject):
    """Tells once that a wanted frame does not come, and again only after one has come. GUI thread.

    The reader's thread cannot be ended while it waits for a disk; the window does not wait for it, and
    edits go to the disk on a thread of their own.

    Signals:
        stalled: A sentence.
    """

    stalled = Signal(str)

    def __init__(
        self, player: Player, parent: QObject | None = None, *, patience_ms: int = _PATIENCE_MS
    ) -> None:
        """Watch a player.

        Args:
            player: Whose frames are awaited.
            parent: Owns the watch.
            patience_ms: How long a frame may take.
        """
        super().__init__(parent)
        self._player = player
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(patience_ms)
        self._timer.timeout.connect(self._on_timeout)
        self._has_told = False
        player.position_changed.connect(self._on_wanted)
        player.frame_shown.connect(self._on_answered)
        player.opened.connect(self._on_answered)
        player.failed.connect(self.stop)

    @Slot()
    def begin(self) -> None:
        """Begin to wait: another video was set."""
        self.stop()
        if self._player.path is not None:
            self._timer.start()

    @Slot()
    def stop(self) -> None:
        """Wait no longer."""
        self._has_told = False
        self._timer.stop()

    @Slot(int)
    def _on_wanted(self, _position: int) -> None:
        if self._player.path is not None and not self._timer.isActive() and not self._has_told:
            self._timer.start()

    @Slot()
    def _on_answered(self) -> None:
        self._has_told = False
        if self._player.shown == self._player.position:
            self._timer.stop()
        else:
            self._timer.start()

    @Slot()
    def _on_timeout(self) -> None:
        path = self._player.path
        if path is None or self._player.shown == self._player.position:
            return
        self._has_told = True
        seconds = self._timer.interval() / 1000
        self.stalled.emit(
            f"“{path.name}” has not answered for {seconds:g} seconds. Its disk may be slow or gone: "
            "check that it is connected. Labels are saved as ever; another video can be chosen."
        )
