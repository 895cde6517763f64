"""Asking for a track's name, annotator, and whether its labels may overlap."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QDialog, QFormLayout, QHBoxLayout, QLineEdit, QWidget

from cast_studio.ui import tokens
from cast_studio.ui.parts import push_button
from cast_studio.ui.theme import scaled


@dataclass(frozen=True, slots=True)
class TrackQuestion:
    """What is asked about.

    Attributes:
        track_id: A track that exists; empty for a new one.
        name: As it is.
        annotator: As it is.
        exclusive: Whether its labels may not overlap.
        videos: How many videos the project has.
    """

    track_id: str
    name: str
    annotator: str
    exclusive: bool
    videos: int = 1


@dataclass(frozen=True, slots=True)
class TrackAnswer:
    """What the user chose.

    Attributes:
        name: Not empty.
        annotator: Who labels there.
        exclusive: Whether its labels may not overlap.
        everywhere: Whether it is meant for all videos of the project, not for the shown one only.
    """

    name: str
    annotator: str
    exclusive: bool
    everywhere: bool = False


class TrackDialog(QDialog):
    """Asks a :class:`TrackQuestion`."""

    def __init__(self, question: TrackQuestion, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.question = question
        is_new = not question.track_id
        self.setWindowTitle(self.tr("New track") if is_new else self.tr("Change track"))
        self.name = QLineEdit(question.name)
        self.name.setPlaceholderText(self.tr("Left hand, second opinion, …"))
        self.name.setMinimumWidth(scaled(280))
        self.name.selectAll()
        self.annotator = QLineEdit(question.annotator)
        self.overlaps = QCheckBox(self.tr("Labels may overlap"))
        self.overlaps.setChecked(not question.exclusive)
        self.everywhere = QCheckBox(self.tr("In all videos of the project"))
        self._accept = push_button(
            self.tr("Add track") if is_new else self.tr("Change track"), primary=True
        )
        self._accept.setDefault(True)
        self._accept.clicked.connect(self.accept)
        cancel = push_button(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self._accept)
        form = QFormLayout(self)
        form.setContentsMargins(tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L)
        form.setSpacing(tokens.SPACE_S)
        form.addRow(self.tr("&Name"), self.name)
        form.addRow(self.tr("&Annotator"), self.annotator)
        form.addRow("", self.overlaps)
        if question.videos > 1:
            form.addRow("", self.everywhere)
        else:
            self.everywhere.setParent(self)
            self.everywhere.hide()
        form.addRow(buttons)
        self.name.textChanged.connect(self._on_name_changed)
        self._on_name_changed()

    @property
    def answer(self) -> TrackAnswer:
        """What was chosen."""
        return TrackAnswer(
            self.name.text().strip(),
            self.annotator.text().strip(),
            exclusive=not self.overlaps.isChecked(),
            everywhere=self.everywhere.isChecked(),
        )

    @Slot()
    def _on_name_changed(self) -> None:
        self._accept.setEnabled(bool(self.name.text().strip()))
