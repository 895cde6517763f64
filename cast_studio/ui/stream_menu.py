"""Choosing the video stream in the Play menu, where a file has several."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from cast_studio.app.playback import Player
from cast_studio.media.opening import StreamInfo
from cast_studio.ui import wording
from cast_studio.ui.parts import add_choices


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
        self.setToolTipsVisible(True)
        # Each time: the last choice may have been refused.
        self.aboutToShow.connect(self._fill)
        player.opened.connect(self._on_opened)
        player.closed.connect(self._on_closed)
        self._on_closed()

    def set_possible(self, is_possible: bool) -> None:
        """Enable or disable the choice: it is kept in the project."""
        self.menuAction().setEnabled(is_possible)

    @Slot(object)
    def _on_opened(self, _index: object) -> None:
        video = self._player.video
        self.menuAction().setVisible(video is not None and len(video.streams) > 1)

    @Slot()
    def _fill(self) -> None:
        self.clear()
        for group in self.findChildren(QActionGroup):
            group.deleteLater()
        video = self._player.video
        if video is None:
            return
        choices = ((stream.number, stream_text(stream)) for stream in video.streams)
        for action in add_choices(self, choices, video.stream, self._choose).values():
            action.setToolTip(
                self.tr(
                    "Look at this stream, label it and let the model see it. Labels stay at their "
                    "moments; undo goes back."
                )
            )

    def _choose(self, number: int) -> None:
        video = self._player.video
        if video is not None and number != video.stream:
            self.stream_chosen.emit(number)

    @Slot()
    def _on_closed(self) -> None:
        self.menuAction().setVisible(False)


def stream_text(stream: StreamInfo) -> str:
    """Return what tells a stream from others: number, size, rate, codec, title and language."""
    parts = [f"{stream.number}: {stream.width} × {stream.height}"]
    if stream.rate:
        parts.append(wording.frame_rate(stream.rate))
    parts.append(stream.codec)
    # "und" is how files say that they do not know.
    language = "" if stream.language == "und" else stream.language
    parts += [text for text in (stream.title, language) if text]
    return " · ".join(parts)
