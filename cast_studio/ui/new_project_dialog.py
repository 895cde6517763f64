"""Asks for the name, the place and the labels of a new project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from cast_studio.app.label_lists import BUNDLED, PATTERNS, read_file, schema_of, schema_of_heads
from cast_studio.core.labels import LabelSchema
from cast_studio.errors import CastStudioError
from cast_studio.ui import tokens, wording
from cast_studio.ui.file_questions import FileQuestions
from cast_studio.ui.language import translate
from cast_studio.ui.parts import ElidedLabel, push_button, resize_with_text, text_label

_FORBIDDEN = frozenset('/\\:*?"<>|')


@dataclass(frozen=True, slots=True)
class NewProject:
    """What was chosen.

    Attributes:
        name: Of the project.
        place: The folder in which the project's own folder is made.
        schema: What can be labelled.
    """

    name: str
    place: Path
    schema: LabelSchema


class NewProjectDialog(QDialog):
    """:attr:`answer` holds what was chosen once accepted."""

    def __init__(
        self,
        place: Path,
        *,
        of_model: LabelSchema | None = None,
        files: FileQuestions | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """Ask.

        Args:
            place: The folder that is suggested.
            of_model: The classes of the model in use, None for none.
            files: Knows which folders were used last; None begins anew.
            parent: The window it belongs to.
        """
        super().__init__(parent)
        self.setWindowTitle(self.tr("New project"))
        self._place = place
        self._of_model = of_model
        self._files = files or FileQuestions()
        self._from_file: LabelSchema | None = None
        self.answer: NewProject | None = None
        self.name = QLineEdit()
        self.name.setPlaceholderText(self.tr("Name of the project"))
        self.name.setAccessibleName(self.tr("Name of the project"))
        self._place_label = ElidedLabel(str(place), kind="muted")
        self._place_label.setMinimumHeight(self._place_label.fontMetrics().height())
        self.kinds = QButtonGroup(self)
        self.lists = QComboBox()
        self.lists.setAccessibleName(self.tr("Published list of classes"))
        for found in BUNDLED:
            self.lists.addItem(found.title)
        self._file = ElidedLabel(kind="small")
        self._file.setMinimumHeight(self._file.fontMetrics().height())
        self.problem = text_label(kind="danger", wraps=True)
        self._lay_out()
        self.name.setFocus()

    def choose(self, kind: str) -> None:
        """Choose where the labels come from: ``empty``, ``action``, ``pair``, ``list``, ``file``."""
        for button in self.kinds.buttons():
            if button.objectName() == kind:
                button.setChecked(True)

    def use_file(self, path: Path) -> None:
        """Take the labels from a file; the user is told why that cannot be done."""
        try:
            self._from_file = schema_of(read_file(path))
        except CastStudioError as error:
            self._from_file = None
            self._file.setText("")
            self.problem.setText(wording.told(error))
            return
        self.problem.setText("")
        heads = self._from_file.heads
        counts = ", ".join(f"{len(head.classes):,} × {head.name}" for head in heads)
        self._file.setText(f"{path.name}: {counts}")
        self.choose("file")

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L)
        layout.setSpacing(tokens.SPACE_S)
        layout.addWidget(self.name)
        place = QHBoxLayout()
        change = push_button(self.tr("Change folder…"))
        change.clicked.connect(self._on_change_place)
        place.addWidget(text_label(self.tr("In")))
        place.addWidget(self._place_label, 1)
        place.addWidget(change)
        layout.addLayout(place)
        layout.addSpacing(tokens.SPACE_S)
        layout.addWidget(text_label(self.tr("What can be labelled"), kind="title"))
        layout.addLayout(self._choices())
        note = self.tr("Classes can be added, renamed and merged at any time.")
        layout.addWidget(text_label(note, kind="small", wraps=True))
        layout.addWidget(self.problem)
        layout.addStretch(1)
        create = push_button(self.tr("Create project"), primary=True)
        create.setDefault(True)
        create.clicked.connect(self._on_create)
        cancel = push_button(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        for button in (change, cancel):
            button.setAutoDefault(False)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(create)
        layout.addLayout(buttons)
        resize_with_text(self, 560, 390)

    def _choices(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(tokens.SPACE_M)
        grid.setVerticalSpacing(tokens.SPACE_S)
        grid.setColumnStretch(1, 1)
        choose_file = push_button(self.tr("Choose a file…"))
        choose_file.setAutoDefault(False)
        choose_file.clicked.connect(self._on_choose_file)
        of_file = QHBoxLayout()
        of_file.addWidget(choose_file)
        of_file.addWidget(self._file, 1)
        small = [
            ("action", self.tr("One action"), self.tr("Each label is one action, such as “jump”.")),
            (
                "pair",
                self.tr("Verb and noun"),
                self.tr("Each label has two parts, such as “open” and “door”."),
            ),
            ("empty", self.tr("Nothing yet"), self.tr("Decide later what is labelled.")),
        ]
        if self._of_model is not None and self._of_model.heads:
            counts = ", ".join(f"{len(h.classes):,} × {h.name}" for h in self._of_model.heads)
            small.append(("model", self.tr("What the model knows"), counts))
        for row, (kind, title, detail) in enumerate(small):
            grid.addWidget(self._radio(kind, title), row, 0)
            grid.addWidget(text_label(detail, kind="small", wraps=True), row, 1)
        grid.addWidget(self._radio("list", self.tr("A published list")), len(small), 0)
        grid.addWidget(self.lists, len(small), 1)
        grid.addWidget(self._radio("file", self.tr("A list of your own")), len(small) + 1, 0)
        grid.addLayout(of_file, len(small) + 1, 1)
        self.lists.activated.connect(lambda: self.choose("list"))
        self.choose("action")
        return grid

    def _radio(self, kind: str, title: str) -> QRadioButton:
        button = QRadioButton(title)
        button.setObjectName(kind)
        self.kinds.addButton(button)
        return button

    @Slot()
    def _on_change_place(self) -> None:
        title = self.tr("Where to keep it")
        chosen = self._files.folder(self, "projects", title, self._place, is_place=True)
        if chosen is not None:
            self._place = chosen
            self._place_label.setText(str(chosen))

    @Slot()
    def _on_choose_file(self) -> None:
        path = ask_for_class_list(self, self._files)
        if path is not None:
            self.use_file(path)

    @Slot()
    def _on_create(self) -> None:
        name = self.name.text().strip()
        if not name or name.startswith(".") or any(sign in _FORBIDDEN for sign in name):
            self.problem.setText(
                self.tr(
                    'Give the project a name without / \\ : * ? " < > | and without a dot in front.'
                )
                if name
                else self.tr("Give the project a name.")
            )
            self.name.setFocus()
            return
        try:
            schema = self._schema()
        except (CastStudioError, FileNotFoundError) as error:
            self.problem.setText(wording.told(error))
            return
        if schema is None:
            self.problem.setText(self.tr("Choose the file with your list of classes first."))
            return
        self.answer = NewProject(name, self._place, schema)
        self.accept()

    def _schema(self) -> LabelSchema | None:
        button = self.kinds.checkedButton()
        match button.objectName() if button is not None else "":
            case "pair":
                return schema_of_heads("verb", "noun")
            case "action":
                return schema_of_heads("action")
            case "model":
                return self._of_model
            case "list":
                return schema_of(BUNDLED[self.lists.currentIndex()].read())
            case "file":
                return self._from_file
            case _:
                return schema_of_heads()


def ask_for_class_list(parent: QWidget, files: FileQuestions) -> Path | None:
    """Ask for a file with a list of classes; None when the user changes their mind."""
    title, kind = (
        translate("NewProjectDialog", "Open a list of classes"),
        translate("NewProjectDialog", "Lists of classes"),
    )
    return files.file(parent, "classes", title, f"{kind} ({' '.join(PATTERNS)})")
