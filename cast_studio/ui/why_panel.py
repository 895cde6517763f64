"""What the heatmap shows: the switch, how strong, which layer, and one honest sentence."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from cast_studio.ui import tokens, wording
from cast_studio.ui.actions import Actions
from cast_studio.ui.commands import Do
from cast_studio.ui.heat_legend import HeatLegend
from cast_studio.ui.parts import ActionButton, scrolled, separator, text_label
from cast_studio.ui.theme import with_tabular_figures


class WhyPanel(QWidget):
    """Controls of the heatmap.

    Signals:
        opacity_changed: 0 to 1.
        layer_chosen: A layer, or -1 for the mean of all.
    """

    opacity_changed = Signal(float)
    layer_chosen = Signal(int)

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.switch = ActionButton(actions[Do.HEATMAP])
        self._opacity = QSlider(Qt.Orientation.Horizontal)
        self._opacity.setRange(10, 100)
        self._opacity.setAccessibleName(self.tr("Heatmap opacity"))
        self._opacity.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._opacity.valueChanged.connect(self._on_opacity_moved)
        self._percent = QLabel()
        self._percent.setFont(with_tabular_figures(self._percent.font()))
        self._percent.setMinimumWidth(40)
        self.layers = QComboBox()
        self.layers.setAccessibleName(self.tr("Layer"))
        self.layers.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.layers.currentIndexChanged.connect(self._on_layer_chosen)
        self._told = text_label(kind="muted", wraps=True)
        self.show_layers(())
        self._lay_out()

    def show_opacity(self, opacity: float) -> None:
        """Show the opacity without reporting it."""
        self._opacity.blockSignals(True)
        self._opacity.setValue(round(opacity * 100))
        self._opacity.blockSignals(False)
        self._percent.setText(wording.percent(opacity))

    def show_layers(self, layers: Sequence[int]) -> None:
        """Offer the mean and each of some layers, counted from 0; the choice is kept where possible."""
        chosen = self.layers.currentData()
        self.layers.blockSignals(True)
        self.layers.clear()
        self.layers.addItem(self.tr("All layers (mean)"), -1)
        for layer in layers:
            self.layers.addItem(self.tr("Layer {n}").format(n=layer + 1), layer)
        self.layers.setCurrentIndex(max(0, self.layers.findData(chosen)))
        self.layers.setEnabled(bool(layers))
        self.layers.blockSignals(False)

    def tell(self, text: str) -> None:
        """Show what is going on with the heatmap."""
        self._told.setText(text)
        self._told.setVisible(bool(text))

    @property
    def opacity_text(self) -> str:
        """The opacity as it is shown."""
        return self._percent.text()

    @property
    def told(self) -> str:
        """What is told."""
        return self._told.text()

    def _lay_out(self) -> None:
        opacity = QHBoxLayout()
        opacity.addWidget(self._opacity, 1)
        opacity.addWidget(self._percent)
        form = QFormLayout()
        form.setSpacing(tokens.SPACE_S)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(self.tr("Opacity"), opacity)
        form.addRow(self.tr("Layer"), self.layers)
        truth = text_label(
            self.tr(
                "Cross-attention, not an explanation: where the motion expert took its "
                "information from in the still frames (S2T), within the square in the middle "
                "that the model sees."
            ),
            kind="muted",
            wraps=True,
        )
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L)
        layout.setSpacing(tokens.SPACE_M)
        layout.addWidget(self.switch)
        layout.addLayout(form)
        layout.addWidget(HeatLegend())
        layout.addWidget(separator())
        layout.addWidget(truth)
        layout.addWidget(self._told)
        layout.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scrolled(page))

    def _on_opacity_moved(self, percent: int) -> None:
        self._percent.setText(wording.percent(percent / 100))
        self.opacity_changed.emit(percent / 100)

    def _on_layer_chosen(self, index: int) -> None:
        layer = self.layers.itemData(index)
        if isinstance(layer, int):
            self.layer_chosen.emit(layer)
