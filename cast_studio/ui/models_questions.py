"""What the window of models asks: before a download, before a removal, and which file to import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from cast_studio.app.library_items import LibraryItem, is_non_commercial
from cast_studio.app.library_words import NON_COMMERCIAL, megabytes
from cast_studio.model.expert_kinds import EXPERT_KINDS
from cast_studio.model.weights.sources import ExpertSource
from cast_studio.ui import tokens
from cast_studio.ui.file_questions import FileQuestions
from cast_studio.ui.language import translate
from cast_studio.ui.parts import push_button, text_label
from cast_studio.ui.theme import scaled


def fetch_question(source: ExpertSource, parent: QWidget) -> tuple[QMessageBox, QPushButton]:
    """Return the question before a download, and the button that agrees."""
    terms = f" {NON_COMMERCIAL}" if is_non_commercial(source.license) else ""
    return _question(
        parent,
        text=translate("ModelsQuestions", "Fetch “{title}”?").format(title=source.title),
        detail=translate(
            "ModelsQuestions", "About {size} are downloaded from {page}. License: {license}.{terms}"
        ).format(
            size=megabytes(source.bytes), page=source.page, license=source.license, terms=terms
        ),
        agree=translate("ModelsQuestions", "Fetch"),
        refuse=translate("ModelsQuestions", "Cancel"),
    )


def removal_question(
    item: LibraryItem, dependents: Sequence[str], parent: QWidget
) -> tuple[QMessageBox, QPushButton]:
    """Return the question before a removal, and the button that agrees."""
    detail = translate("ModelsQuestions", "{size} are deleted for good: {folder}.").format(
        size=megabytes(item.bytes), folder=item.folder
    )
    if dependents:
        detail += translate(
            "ModelsQuestions", " Without it these could not be used: {names}."
        ).format(names=", ".join(dependents))
    return _question(
        parent,
        text=translate("ModelsQuestions", "Remove “{name}”?").format(name=item.name),
        detail=detail,
        agree=translate("ModelsQuestions", "Remove"),
        refuse=translate("ModelsQuestions", "Keep it"),
        is_dangerous=True,
    )


def _question(
    parent: QWidget,
    *,
    text: str,
    detail: str,
    agree: str,
    refuse: str,
    is_dangerous: bool = False,
) -> tuple[QMessageBox, QPushButton]:
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setIcon(QMessageBox.Icon.Warning if is_dangerous else QMessageBox.Icon.Question)
    box.setText(text)
    box.setInformativeText(detail)
    role = QMessageBox.ButtonRole
    agreeing = box.addButton(agree, role.DestructiveRole if is_dangerous else role.AcceptRole)
    refusing = box.addButton(refuse, role.RejectRole)
    box.setDefaultButton(refusing if is_dangerous else agreeing)
    box.setEscapeButton(refusing)
    return box, agreeing


@dataclass(frozen=True, slots=True)
class ImportWish:
    """What the user wants to import.

    Attributes:
        path: The file or folder.
        name: What it is to be called; "": after the file.
        kind: Which kind of expert it is; "": as the file tells.
        class_files: Lists of classes for a CAST model.
    """

    path: Path
    name: str = ""
    kind: str = ""
    class_files: tuple[str, ...] = ()


class ImportDialog(QDialog):
    """Asks for a file of weights, and for what no file tells.

    Signals:
        wished: The :class:`ImportWish`.
    """

    wished = Signal(object)

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        path: str = "",
        name: str = "",
        files: FileQuestions | None = None,
    ) -> None:
        super().__init__(parent)
        self._files = files or FileQuestions()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Import weights"))
        self.path = QLineEdit(path)
        self.path.setAccessibleName(self.tr("File or folder with the weights"))
        self.path.setMinimumWidth(scaled(320))
        self.name = QLineEdit(name)
        self.name.setPlaceholderText(self.tr("After the file"))
        self.kind = QComboBox()
        self.kind.addItem(self.tr("As the file tells"), "")
        for kind in EXPERT_KINDS.values():
            self.kind.addItem(f"{kind.title} ({kind.role})", kind.name)
        self.classes = QLineEdit()
        self.classes.setAccessibleName(self.tr("Lists of classes"))
        self.classes.setPlaceholderText(self.tr("Of a CAST model: lists, separated by “;”"))
        file, folder, lists = (push_button(text) for text in ("File…", "Folder…", "Lists…"))
        file.clicked.connect(self._on_file_wanted)
        folder.clicked.connect(self._on_folder_wanted)
        lists.clicked.connect(self._on_lists_wanted)
        form = QFormLayout()
        form.setHorizontalSpacing(tokens.SPACE_M)
        form.setVerticalSpacing(tokens.SPACE_S)
        form.addRow(self.tr("Weights"), _row(self.path, file, folder))
        form.addRow(self.tr("Name"), self.name)
        form.addRow(self.tr("Kind of expert"), self.kind)
        form.addRow(self.tr("Classes"), _row(self.classes, lists))
        hint = text_label(
            self.tr(
                "A complete CAST, an expert (CLIP, EVA02-CLIP, VideoMAE, MVD), or a trained model of CAST "
                "Studio. The file is read as data; nothing in it is run."
            ),
            kind="muted",
            wraps=True,
        )
        self.go = push_button(self.tr("Import"), primary=True)
        self.go.setDefault(True)
        self.go.clicked.connect(self._on_go)
        cancel = push_button(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self.path.textChanged.connect(self._on_path_changed)
        self._on_path_changed(path)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L)
        layout.setSpacing(tokens.SPACE_M)
        layout.addWidget(hint)
        layout.addLayout(form)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.go)
        layout.addLayout(buttons)

    @property
    def wish(self) -> ImportWish:
        """What is filled in."""
        lists = (text.strip() for text in self.classes.text().split(";"))
        return ImportWish(
            Path(self.path.text().strip()).expanduser(),
            self.name.text().strip(),
            str(self.kind.currentData()),
            tuple(text for text in lists if text),
        )

    def _on_path_changed(self, text: str) -> None:
        self.go.setEnabled(bool(text.strip()))

    def _on_file_wanted(self) -> None:
        path = self._files.file(self, "models", self.tr("File with the weights"))
        if path is not None:
            self.path.setText(str(path))

    def _on_folder_wanted(self) -> None:
        path = self._files.folder(self, "models", self.tr("Folder with the weights"))
        if path is not None:
            self.path.setText(str(path))

    def _on_lists_wanted(self) -> None:
        paths = self._files.files(self, "models", self.tr("Lists of classes"))
        if paths:
            self.classes.setText("; ".join(map(str, paths)))

    def _on_go(self) -> None:
        self.wished.emit(self.wish)
        self.accept()


def _row(field: QWidget, *buttons: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(tokens.SPACE_XS)
    row.addWidget(field, 1)
    for button in buttons:
        row.addWidget(button)
    return row
