"""The current segment: its label, what the model thinks, and what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from cast_studio.ui import tokens
from cast_studio.ui.actions import Actions
from cast_studio.ui.button_grid import ButtonGrid
from cast_studio.ui.commands import Do
from cast_studio.ui.key_hints import how_to_begin, with_key
from cast_studio.ui.owned_field import OwnedField
from cast_studio.ui.parts import ActionButton, EmptyState, scrolled, separator, text_label
from cast_studio.ui.score_table import ScoreRow, ScoreTable
from cast_studio.ui.theme import with_tabular_figures

_PRIMARY = (Do.ACCEPT, Do.LABEL_RANGE)


@dataclass(frozen=True, slots=True)
class LabelView:
    """All that the panel shows about the current item.

    Attributes:
        kind: What it is, in a few words: ``Label``, ``Segment of the model``.
        title: Its classes.
        times: From when to when.
        rows: What the model thinks; none when it has no opinion.
        opinion: A few words above the rows, or in their place.
        segment_id: The label the note belongs to; empty for a segment of the model.
        note: Of the label.
        owner: Whom or what the label is about.
        count: How many labels are selected.
        can_edit: Whether labels may be changed.
        subject: What it is; it decides which buttons are shown.
    """

    kind: str
    title: str
    times: str
    rows: tuple[ScoreRow, ...] = ()
    opinion: str = ""
    segment_id: str = ""
    note: str = ""
    owner: str = ""
    count: int = 1
    can_edit: bool = True
    subject: Literal["label", "prediction", "range"] = "label"


class LabelPanel(QWidget):
    """Shows a :class:`LabelView`, or how to begin.

    Signals:
        class_clicked: Head and class name of a suggestion.
        note_written: Id of the label and its new note.
        subject_written: Id of the label and its new subject.
        field_done: Enter was pressed in the note or the subject.
    """

    class_clicked = Signal(str, str)
    note_written = Signal(str, str)
    subject_written = Signal(str, str)
    field_done = Signal()

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: LabelView | None = None
        self._kind = text_label(kind="small")
        self._title = text_label(kind="title", wraps=True)
        self._times = text_label(kind="muted", wraps=True)
        self._times.setFont(with_tabular_figures(self._times.font()))
        self._times.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._opinion = text_label(kind="small", wraps=True)
        self._scores = ScoreTable()
        self._scores.class_clicked.connect(self.class_clicked)
        self._note = OwnedField(self.tr("Note"))
        self._note.written.connect(self.note_written)
        self._subject = OwnedField(self.tr("Subject"))
        self._subject.written.connect(self.subject_written)
        for field in (self._note, self._subject):
            field.returnPressed.connect(self.field_done)
        self._actions = actions
        self._for_predictions = _buttons(actions, (Do.ACCEPT, Do.EDIT_LABEL, Do.REJECT), columns=3)
        self._for_labels = _buttons(
            actions, (Do.EDIT_LABEL, Do.SPLIT, Do.MERGE, Do.DELETE), columns=2
        )
        self._for_ranges = _buttons(actions, (Do.LABEL_RANGE,), columns=1)
        self._lay_out(actions)
        self.show_nothing()
        actions.keys_changed.connect(self._on_keys_changed)

    @property
    def view(self) -> LabelView | None:
        """What is shown, None for nothing."""
        return self._view

    @property
    def scores(self) -> ScoreTable:
        """The table of the model's opinion."""
        return self._scores

    @property
    def note_field(self) -> QLineEdit:
        """Where the note is written."""
        return self._note

    @property
    def subject_field(self) -> QLineEdit:
        """Where the subject is written."""
        return self._subject

    def show_nothing(self, title: str = "", detail: str = "") -> None:
        """Show that there is no segment here, and what to do."""
        self._note.let_go()
        self._subject.let_go()
        self._view = None
        self._empty.tell(
            title or self.tr("Nothing here yet"),
            detail or how_to_begin(self._actions),
        )
        self._stack.setCurrentIndex(0)

    def show_view(self, view: LabelView) -> None:
        """Show the current item."""
        self._subject.tip = self._help(self.tr("Say whom or what it is about"), Do.SUBJECT)
        self._subject.show_text(view.segment_id, view.owner, can_edit=view.can_edit)
        self._note.tip = self._help(self.tr("Write a note"), Do.NOTE)
        self._note.show_text(view.segment_id, view.note, can_edit=view.can_edit)
        self._view = view
        self._kind.setText(view.kind)
        self._title.setText(view.title)
        self._times.setText(view.times)
        self._opinion.setText(view.opinion)
        self._opinion.setVisible(bool(view.opinion))
        self._scores.setVisible(bool(view.rows))
        self._scores.show_rows(view.rows, can_choose=view.can_edit)
        self._for_predictions.setVisible(view.subject == "prediction")
        self._for_labels.setVisible(view.subject == "label")
        self._for_ranges.setVisible(view.subject == "range")
        self._stack.setCurrentIndex(1)

    @Slot()
    def finish_note(self) -> None:
        """Report what was typed, before the project is left."""
        self._note.finish()
        self._subject.finish()

    def write_note(self) -> None:
        """Put the cursor into the note."""
        self._note.begin()

    def write_subject(self) -> None:
        """Put the cursor into the subject."""
        self._subject.begin()

    @Slot()
    def _on_keys_changed(self) -> None:
        if self._view is None:
            self.show_nothing()
        else:
            self.show_view(self._view)

    def _help(self, does: str, command: Do) -> str:
        written = with_key(does, self._actions, command)
        return self.tr("{written}; Enter or Esc goes back to the video").format(written=written)

    def _lay_out(self, actions: Actions) -> None:
        predict = ActionButton(actions[Do.PREDICT], primary=True, shows_key=True)
        self._empty = EmptyState("", "", [predict])
        full = QWidget()
        layout = QVBoxLayout(full)
        layout.setContentsMargins(tokens.SPACE_S, tokens.SPACE_M, tokens.SPACE_S, tokens.SPACE_M)
        layout.setSpacing(tokens.SPACE_S)
        head = QVBoxLayout()
        head.setContentsMargins(tokens.SPACE_S, 0, tokens.SPACE_S, 0)
        head.setSpacing(2)
        for label in (self._kind, self._title, self._times):
            head.addWidget(label)
        layout.addLayout(head)
        layout.addWidget(self._for_predictions)
        layout.addWidget(self._for_labels)
        layout.addWidget(self._for_ranges)
        layout.addWidget(self._subject)
        layout.addWidget(self._note)
        layout.addWidget(separator())
        opinion = QHBoxLayout()
        opinion.setContentsMargins(tokens.SPACE_S, 0, tokens.SPACE_S, 0)
        opinion.addWidget(self._opinion)
        layout.addLayout(opinion)
        layout.addWidget(self._scores)
        layout.addStretch(1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(scrolled(full))


def _buttons(actions: Actions, commands: tuple[Do, ...], *, columns: int) -> ButtonGrid:
    return ButtonGrid(
        [ActionButton(actions[do], primary=do in _PRIMARY) for do in commands], columns
    )
