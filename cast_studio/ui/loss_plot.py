"""The learning curve. Imported by a thread in the background: pyqtgraph takes a fifth of a second."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pyqtgraph
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cast_studio.ui import tokens
from cast_studio.ui.theme import colors_of, scaled, sized

_SMOOTHING = 0.8
_HEIGHT = 170
_LEAST_LOSS = 0.1
"""The axis reaches at least this far, so that noise near 0 does not look like a mountain range."""
_LEAST_STEPS = 10
_PADDING = 0.06
"""Room at the ends of the axes, as a share."""


class LossPlot(QWidget):
    """Loss over steps: every value faint, their running mean in the accent color."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps: list[int] = []
        self._losses: list[float] = []
        self._smooth: list[float] = []
        self._plot = pyqtgraph.PlotWidget(antialias=True)
        self._plot.setMenuEnabled(False)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.hideButtons()
        # Room for half of the topmost and of the rightmost number, which stand beside their ticks.
        room = tokens.SPACE_S
        self._plot.getPlotItem().layout.setContentsMargins(0, room, room, 0)
        self._plot.setAccessibleName(self.tr("Learning curve: loss over steps"))
        self._raw_curve = self._plot.plot()
        self._curve = self._plot.plot()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._plot)
        self._dress()

    @property
    def points(self) -> list[tuple[int, float]]:
        """The steps and losses that are shown."""
        return list(zip(self._steps, self._losses, strict=True))

    def clear(self) -> None:
        """Begin a new curve."""
        for values in (self._steps, self._losses, self._smooth):
            values.clear()
        self._draw()

    def extend(self, points: Iterable[tuple[int, float]]) -> None:
        """Append points, each a step and its loss."""
        for step, loss in points:
            before = self._smooth[-1] if self._smooth else loss
            self._steps.append(step)
            self._losses.append(loss)
            self._smooth.append(_SMOOTHING * before + (1 - _SMOOTHING) * loss)
        self._draw()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  (Qt's name)
        """Follow the theme and the size of text."""
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._dress()
        super().changeEvent(event)

    @property
    def axis_labels(self) -> tuple[str, str]:
        """What is written on the left and the bottom axis, with their units if they have any."""
        left, bottom = (self._plot.getAxis(side).labelString() for side in ("left", "bottom"))
        return _without_tags(left), _without_tags(bottom)

    @property
    def shown_range(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """From where to where steps and losses are shown."""
        (first, last), (low, high) = self._plot.getViewBox().viewRange()
        return (first, last), (low, high)

    def _draw(self) -> None:
        steps = max(self._steps, default=0)
        loss = max(self._losses, default=0.0)
        self._plot.setXRange(0, max(_LEAST_STEPS, steps), padding=_PADDING)
        self._plot.setYRange(0, max(_LEAST_LOSS, loss), padding=_PADDING)
        self._raw_curve.setData(self._steps, self._losses)
        self._curve.setData(self._steps, self._smooth)

    def _dress(self) -> None:
        colors = colors_of(self)
        self.setFixedHeight(scaled(_HEIGHT))
        self._plot.setBackground(colors.panel)
        faint = tokens.blend(colors.accent, colors.panel, 0.35)
        self._raw_curve.setPen(pyqtgraph.mkPen(faint, width=1))
        self._curve.setPen(pyqtgraph.mkPen(colors.accent, width=2))
        small = sized(self.font(), tokens.TEXT_SMALL)
        for side, name in (("left", self.tr("loss")), ("bottom", self.tr("step"))):
            axis = self._plot.getAxis(side)
            axis.enableAutoSIPrefix(False)
            axis.setPen(pyqtgraph.mkPen(colors.line))
            axis.setTextPen(pyqtgraph.mkPen(colors.muted))
            axis.setStyle(tickFont=small, tickTextOffset=tokens.SPACE_XS)
            axis.setLabel(name, **{"font-size": f"{small.pixelSize()}px", "color": colors.muted})


def _without_tags(text: str) -> str:
    return re.sub("<[^>]*>", "", text).strip()
