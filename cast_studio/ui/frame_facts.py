"""What is known of the frame on screen, at the foot of the window; each number is copied by a click."""

from __future__ import annotations

from fractions import Fraction

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from cast_studio.ui import tokens, wording
from cast_studio.ui.parts import CopyLabel, text_label
from cast_studio.ui.theme import set_kind, with_tabular_figures

_ENOUGH = 100_000
"""Pixels of a widget that nobody has laid out yet."""


class FrameFacts(QWidget):
    """Frame number, timestamp, time since the first frame, and facts about the video."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._frame = CopyLabel(self.tr("Frame number"), "")
        self._pts = CopyLabel(self.tr("Timestamp as the file has it"), "")
        self._file_time = CopyLabel(self.tr("Time since the first frame"), "")
        self._numbers = (self._frame, self._pts, self._file_time)
        self._rest = text_label(kind="muted")
        self._rest.setFont(with_tabular_figures(self._rest.font()))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for number in self._numbers:
            set_kind(number, "muted")
            number.hide()
            row.addWidget(number)
        row.addSpacing(tokens.SPACE_S)
        row.addWidget(self._rest)
        row.addStretch(1)
        row.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self._has_numbers = False

    @property
    def text(self) -> str:
        """All that is shown."""
        shown = [number.text() for number in self._numbers if not number.isHidden()]
        return " · ".join([*shown, self._rest.text()])

    @property
    def decoder(self) -> str:
        """What is said to decode the video."""
        return self._rest.toolTip()

    def show_text(self, text: str) -> None:
        """Show something else in place of the numbers."""
        self._has_numbers = False
        self._rest.setText(text)
        self._fit()

    def minimumSizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return room for the number of the frame alone."""
        least = self._frame.sizeHint().width() if self._has_numbers else 0
        return QSize(least, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  (Qt's name)
        """Leave out what there is no room for, from the right."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        left = self.width() - tokens.SPACE_S if self.isVisible() else _ENOUGH
        for place, number in enumerate(self._numbers):
            left -= number.sizeHint().width()
            number.setVisible(self._has_numbers and (left >= 0 or place == 0))
        self._rest.setVisible(left >= self._rest.sizeHint().width() or not self._has_numbers)

    def show_decoder(self, text: str) -> None:
        """Say what decodes the video, in the tooltip of the facts about it."""
        self._rest.setToolTip(text)

    def show_position(
        self,
        *,
        frame_index: int,
        pts: int,
        seconds: float,
        since_start: float,
        rate: Fraction,
        size: tuple[int, int],
    ) -> None:
        """Show the facts about a frame.

        Args:
            frame_index: Counted from 0.
            pts: Its presentation time in ticks.
            seconds: The same in seconds.
            since_start: Seconds since the first frame appeared.
            rate: Average frames per second.
            size: Width and height in pixels.
        """
        self._frame.show_number(
            self.tr("frame {n}").format(n=wording.count(frame_index)), f"f {frame_index}"
        )
        self._pts.show_number(
            self.tr("pts {pts} = {seconds}").format(
                pts=wording.count(pts), seconds=wording.plain_seconds(seconds)
            ),
            f"pts {pts}",
        )
        since = wording.plain_seconds(since_start)
        self._file_time.show_number(self.tr("{s} from the start").format(s=since), since)
        self._has_numbers = True
        parts = [wording.frame_rate(rate)]
        if all(size):
            parts.append(f"{size[0]} × {size[1]}")
        self._rest.setText(" · ".join(parts))
        self._fit()
