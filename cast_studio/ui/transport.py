"""The strip below the video: play, scrub, speed, where we are, and the heatmap's switch."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSlider, QToolButton, QVBoxLayout, QWidget

from cast_studio.core.timing import FrameIndex
from cast_studio.ui import tokens, wording
from cast_studio.ui.actions import Actions
from cast_studio.ui.commands import Do
from cast_studio.ui.icons import Icon, icon
from cast_studio.ui.key_hints import how_to_play_faster
from cast_studio.ui.look_button import LookButton
from cast_studio.ui.parts import CopyLabel, tool_button
from cast_studio.ui.sound_button import SoundButton
from cast_studio.ui.theme import with_tabular_figures
from cast_studio.ui.wrapping_row import WrappingRow

_RATES = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 4.0, 8.0)


class Transport(QWidget):
    """Shows the position and asks for another.

    Signals:
        seek_requested: A frame index.
        opacity_changed: 0 to 1, while the user moves the slider.
        rate_chosen: A playback speed.
        look_chosen: Brightness and contrast of the picture, each -1 to 1.
    """

    seek_requested = Signal(int)
    opacity_changed = Signal(float)
    rate_chosen = Signal(float)
    look_chosen = Signal(float, float)

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._frames: FrameIndex | None = None
        self._is_exact = True
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setAccessibleName(self.tr("Position in the video"))
        self._slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._slider.setEnabled(False)
        self._slider.valueChanged.connect(self._on_slider_moved)
        self._time = CopyLabel(self.tr("Time"), "00:00:00.000")
        self._frame = CopyLabel(self.tr("Frame number"), "f 888 888 …")
        self._rate = self._make_rate_button()
        self._play = tool_button(actions[Do.PLAY_PAUSE])
        self.sound = SoundButton(actions[Do.MUTE])
        self.look = LookButton()
        self.look.look_chosen.connect(self.look_chosen)
        self._opacity = QSlider(Qt.Orientation.Horizontal)
        self._opacity.setRange(10, 100)
        self._opacity.setFixedWidth(64)
        self._opacity.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._opacity.setAccessibleName(self.tr("Heatmap opacity"))
        self._opacity.valueChanged.connect(self._on_opacity_moved)
        self._lay_out()
        self._name_keys()
        actions.keys_changed.connect(self._name_keys)

    def show_frames(self, frames: FrameIndex | None) -> None:
        """Take over the length of another video, or none."""
        self._frames = frames
        self._slider.blockSignals(True)
        self._slider.setEnabled(frames is not None)
        self._slider.setRange(0, 0 if frames is None else len(frames) - 1)
        if frames is not None:
            self._slider.setPageStep(max(1, round(frames.average_rate)))
        self._slider.setValue(0)
        self._slider.blockSignals(False)
        self.show_position(0)

    def show_position(self, frame_index: int) -> None:
        """Show which frame is on screen."""
        if self._frames is None:
            self._time.setText("–")
            self._frame.setText("f –")
            return
        frame_index = min(frame_index, len(self._frames) - 1)
        self._slider.blockSignals(True)
        self._slider.setValue(frame_index)
        self._slider.blockSignals(False)
        self._time.setText(wording.clock(self._frames.seconds_of(frame_index)))
        self._show_frame_number(frame_index)

    def show_exact(self, is_exact: bool) -> None:
        """Mark the frame number while another frame is seen than the one that is wanted."""
        self._is_exact = is_exact
        if self._frames is not None:
            self._show_frame_number(self._slider.value())

    def _show_frame_number(self, frame_index: int) -> None:
        mark = "" if self._is_exact else " …"
        self._frame.show_number(f"f {wording.count(frame_index)}{mark}", f"f {frame_index}")

    def show_playing(self, is_playing: bool) -> None:
        """Turn the play button into a pause button and back."""
        self._actions[Do.PLAY_PAUSE].setIcon(icon(Icon.PAUSE if is_playing else Icon.PLAY))

    def show_rate(self, rate: float) -> None:
        """Show the playback speed."""
        self._rate.setText(f"{rate:g}×".replace("-", "−"))

    def show_opacity(self, opacity: float) -> None:
        """Show the heatmap's opacity without reporting it."""
        self._opacity.blockSignals(True)
        self._opacity.setValue(round(opacity * 100))
        self._opacity.blockSignals(False)
        self._say_opacity(opacity)

    @property
    def time_text(self) -> str:
        """The time as it is shown."""
        return self._time.text()

    @property
    def rate_text(self) -> str:
        """The speed as it is shown."""
        return self._rate.text()

    @property
    def frame_text(self) -> str:
        """The frame number as it is shown."""
        return self._frame.text()

    def _make_rate_button(self) -> QToolButton:
        button = QToolButton()
        button.setObjectName("playback-speed")
        button.setText("1×")
        button.setAutoRaise(True)
        button.setFont(with_tabular_figures(button.font()))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(self.tr("Playback speed"))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        for rate in _RATES:
            menu.addAction(f"{rate:g}×").triggered.connect(
                lambda checked=False, rate=rate: self.rate_chosen.emit(rate)
            )
        button.setMenu(menu)
        return button

    def _lay_out(self) -> None:
        before = [tool_button(self._actions[do]) for do in (Do.TO_START, Do.PREVIOUS_FRAME)]
        after = [tool_button(self._actions[do]) for do in (Do.NEXT_FRAME, Do.TO_END)]
        self._actions[Do.HEATMAP].setIconText(self.tr("Heatmap"))
        heat = tool_button(self._actions[Do.HEATMAP])
        heat.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        parts = (
            _together(*before, self._play, *after, self._rate),
            _together(self._time, self._frame),
            _together(self.sound, self.look, heat, self._opacity),
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(tokens.SPACE_S, tokens.SPACE_XS, tokens.SPACE_S, tokens.SPACE_XS)
        layout.setSpacing(2)
        layout.addWidget(self._slider)
        layout.addWidget(WrappingRow(parts, spacing=tokens.SPACE_S))

    def _on_slider_moved(self, frame_index: int) -> None:
        self.seek_requested.emit(frame_index)

    def _on_opacity_moved(self, percent: int) -> None:
        self._say_opacity(percent / 100)
        self.opacity_changed.emit(percent / 100)

    def _say_opacity(self, opacity: float) -> None:
        text = self.tr("Opacity of the heatmap: {opacity}")
        self._opacity.setToolTip(text.format(opacity=wording.percent(opacity)))

    @Slot()
    def _name_keys(self) -> None:
        self._rate.setToolTip(how_to_play_faster(self._actions))


def _together(*widgets: QWidget) -> QWidget:
    """Return a part of the strip that is not divided where there is little room."""
    part = QWidget()
    row = QHBoxLayout(part)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(2)
    for widget in widgets:
        row.addWidget(widget)
    return part
