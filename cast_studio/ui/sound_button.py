"""The button below the video for how loud it is, and why nothing is heard where that is so."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSlider, QToolButton, QWidget, QWidgetAction

from cast_studio.app.sound import SoundState
from cast_studio.ui import tokens, wording
from cast_studio.ui.icons import Icon, icon
from cast_studio.ui.parts import text_label
from cast_studio.ui.theme import with_tabular_figures

_WIDTH = 120


class SoundButton(QToolButton):
    """Opens the volume and the switch that is silent or loud again.

    Signals:
        volume_chosen: 0 to 1, while the slider moves.
    """

    volume_chosen = Signal(float)

    def __init__(self, mute: QAction, parent: QWidget | None = None) -> None:
        """Make the button.

        Args:
            mute: The command that switches; checked while it is silent.
            parent: Owns it.
        """
        super().__init__(parent)
        self._mute = mute
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(self.tr("Sound"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 100)
        self.slider.setFixedWidth(_WIDTH)
        self.slider.setAccessibleName(self.tr("Volume"))
        self.slider.valueChanged.connect(self._on_moved)
        self._text = text_label(kind="muted")
        self._text.setFont(with_tabular_figures(self._text.font()))
        self._text.setMinimumWidth(self._text.fontMetrics().horizontalAdvance("100 %"))
        self._fill_menu()
        self._state = SoundState.NO_VIDEO
        self.show_state(SoundState.NO_VIDEO)

    def show_state(self, state: SoundState) -> None:
        """Show whether there is anything to hear."""
        self._state = state
        self.setEnabled(state is SoundState.READY)
        self._refresh()

    @Slot(float, bool)
    def show_volume(self, volume: float, is_muted: bool) -> None:
        """Show how loud it is, without reporting it."""
        self.slider.blockSignals(True)
        self.slider.setValue(round(volume * 100))
        self.slider.blockSignals(False)
        self._text.setText(wording.percent(volume))
        self._mute.setChecked(is_muted)
        self._refresh()

    def _fill_menu(self) -> None:
        panel = QWidget()
        row = QHBoxLayout(panel)
        row.setContentsMargins(tokens.SPACE_M, tokens.SPACE_S, tokens.SPACE_M, tokens.SPACE_S)
        row.addWidget(self.slider)
        row.addWidget(self._text)
        menu = QMenu(self)
        holder = QWidgetAction(menu)
        holder.setDefaultWidget(panel)
        menu.addAction(holder)
        menu.addAction(self._mute)
        self.setMenu(menu)

    def _refresh(self) -> None:
        is_silent = self._mute.isChecked() or self._state is not SoundState.READY
        self.setIcon(icon(Icon.MUTED if is_silent else Icon.SOUND))
        self.setToolTip(
            {
                SoundState.NO_VIDEO: self.tr("Sound"),
                SoundState.SILENT_FILE: self.tr("This video has no sound"),
                SoundState.NO_OUTPUT: self.tr("This computer has no output for sound"),
                SoundState.READY: self.tr("Sound, at normal speed only"),
            }[self._state]
        )

    def _on_moved(self, percent: int) -> None:
        self._text.setText(wording.percent(percent / 100))
        self.volume_chosen.emit(percent / 100)
