"""The button below the video whose sliders make the picture brighter or give it more contrast."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QMenu, QSlider, QToolButton, QWidget, QWidgetAction

from cast_studio.ui import tokens
from cast_studio.ui.icons import Icon, icon
from cast_studio.ui.parts import push_button, text_label
from cast_studio.ui.theme import with_tabular_figures

_WIDTH = 160


class LookButton(QToolButton):
    """Opens two sliders.

    Signals:
        look_chosen: Brightness and contrast, each -1 to 1, while a slider moves.
    """

    look_chosen = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setIcon(icon(Icon.LOOK))
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(self.tr("Brightness and contrast"))
        self.setToolTip(self.tr("Brightness and contrast of what you see; nothing else changes"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.brightness = self._slider(self.tr("Brightness"))
        self.contrast = self._slider(self.tr("Contrast"))
        menu = QMenu(self)
        holder = QWidgetAction(menu)
        holder.setDefaultWidget(self._panel())
        menu.addAction(holder)
        self.setMenu(menu)

    def reset(self) -> None:
        """Show the picture as it is."""
        self.brightness.setValue(0)
        self.contrast.setValue(0)

    def _slider(self, name: str) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(-100, 100)
        slider.setMinimumWidth(_WIDTH)
        slider.setAccessibleName(name)
        slider.valueChanged.connect(self._on_moved)
        return slider

    def _panel(self) -> QWidget:
        panel = QWidget()
        grid = QGridLayout(panel)
        grid.setContentsMargins(tokens.SPACE_M, tokens.SPACE_M, tokens.SPACE_M, tokens.SPACE_M)
        grid.setHorizontalSpacing(tokens.SPACE_S)
        for row, slider in enumerate((self.brightness, self.contrast)):
            value = text_label("0", kind="muted")
            value.setFont(with_tabular_figures(value.font()))
            value.setMinimumWidth(value.fontMetrics().horizontalAdvance("+100"))
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            slider.valueChanged.connect(
                lambda number, value=value: value.setText(f"{number:+d}" if number else "0")
            )
            grid.addWidget(text_label(slider.accessibleName()), row, 0)
            grid.addWidget(slider, row, 1)
            grid.addWidget(value, row, 2)
        again = push_button(self.tr("Reset"))
        again.clicked.connect(self.reset)
        grid.addWidget(again, 2, 2)
        return panel

    def _on_moved(self) -> None:
        brightness, contrast = self.brightness.value() / 100, self.contrast.value() / 100
        self.look_chosen.emit(brightness, contrast)
