"""When there is time for what nobody waits for: not while the user scrubs or plays."""

from __future__ import annotations

from threading import Event
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from cast_studio.app.playback import Player

_REST_MS: Final = 400


class Leisure(QObject):
    """Follows a player and says whether it rests. GUI thread; :attr:`is_now` may be read on any.

    Work that waits for leisure has threads of the usual priority all the same: a thread that holds the
    interpreter and is not let run would hold up the window.

    Signals:
        began: There is time now.
    """

    began = Signal()

    def __init__(self, player: Player, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self._has_come = Event()
        self._has_come.set()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._on_rested)
        player.position_changed.connect(self._end)
        player.playing_changed.connect(self._end)
        player.closed.connect(self._end)
        player.opened.connect(self._end)

    def is_now(self) -> bool:
        """Return whether there is time. Any thread."""
        return self._has_come.is_set()

    def stop(self) -> None:
        """Say no more that there is time."""
        self._rest.stop()
        self._has_come.clear()

    @Slot()
    def _end(self) -> None:
        self._has_come.clear()
        self._rest.start()

    @Slot()
    def _on_rested(self) -> None:
        # A frame may take longer than the rest to be decoded.
        if self._player.is_playing or not self._player.is_exact:
            self._rest.start()
            return
        self._has_come.set()
        self.began.emit()
