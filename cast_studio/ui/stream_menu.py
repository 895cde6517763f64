"""Choosing the video stream in the Play menu, where a file has several."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from cast_studio.app.playback import Player
from cast_studio.media.opening import StreamInfo
from cast_studio.ui.language import translate


class StreamMenu(QMenu):
    """The streams of the open video; hidden where there is one only.

    Signals:
        stream_chosen: Number of a stream.
    """

    stream_chosen = Signal(int)

    def __init__(self, player: Player, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Video stream"))
        self._player = player
        self._group: QActionGroup | None = None
        self.setToolTipsVisible(True)
        player.opened.connect(self._on_opened)
        player.closed.connect(self._on_closed)
        self._on_closed()

    def set_possible(self, is_possible: bool) -> None:
        """Enable or disable the choice: it is kept in the project."""
        self.menuAction().setEnabled(is_possible)

    @Slot(object)
    def _on_opened(self, _index: object) -> None:
        self.clear()
        video = self._player.video
        if video is None or len(video.streams) < 2:
            return
        self._group = QActionGroup(self)
        for stream in video.streams:
            action = self.addAction(stream_text(stream))
            action.setCheckable(True)
            action.setChecked(stream.number == video.stream)
            action.setToolTip(
                self.tr(
                    "Look at this stream, label it and let the model see it. Labels stay at their "
                    "moments; undo goes back."
                )
            )
            action.triggered.connect(
                lambda _checked, number=stream.number: self.stream_chosen.emit(number)
            )
            self._group.addAction(action)
        self.menuAction().setVisible(True)

    @Slot()
    def _on_closed(self) -> None:
        self.menuAction().setVisible(False)


def stream_text(stream: StreamInfo) -> str:
    """Return what tells a stream from others: number, size, rate, codec, title and language."""
    parts = [f"{stream.number}: {stream.width} × {stream.height}"]
    if stream.rate:
        rate = f"{float(stream.rate):.2f}".rstrip("0").rstrip(".")
        parts.append(translate("StreamMenu", "{rate} frames/s").format(rate=rate))
    parts.append(stream.codec)
    # "und" is how files say that they do not know.
    language = "" if stream.language == "und" else stream.language
    parts += [text for text in (stream.title, language) if text]
    return " · ".join(parts)
