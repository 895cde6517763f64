"""The questions of import and export: what a file would change, and which format to write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QListWidget,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from cast_studio.app.file_formats import FormatChoice, format_choices
from cast_studio.app.importing import PreparedImport
from cast_studio.ui import tokens, wording
from cast_studio.ui.file_questions import FileQuestions
from cast_studio.ui.language import translate
from cast_studio.ui.parts import ElidedLabel, push_button, separator, text_label
from cast_studio.ui.theme import scaled

_SHOWN_REFUSALS = 200
_REFUSAL_LINES = 6
_FORMAT_ROWS = 8
_IMPORT_WIDTH = 560
_EXPORT_WIDTH = 480


class ImportDialog(QDialog):
    """The dry run of an import, to be gone through with or not."""

    def __init__(
        self, prepared: PreparedImport, *, into: str, is_new: bool, parent: QWidget | None = None
    ) -> None:
        """Show a report.

        Args:
            prepared: What would happen.
            into: The project, in words.
            is_new: Whether that project would be made.
            parent: Under the dialog.
        """
        super().__init__(parent)
        self.setWindowTitle(self.tr("Import labels"))
        self._report = prepared.plan.report
        self.setFixedWidth(scaled(_IMPORT_WIDTH))
        layout = _layout_of(self)
        layout.addWidget(_title(prepared.path.name))
        where = self.tr("{format}, into {project}").format(
            format=prepared.format_title, project=into
        )
        layout.addWidget(text_label(where, kind="muted", wraps=True))
        layout.addWidget(separator())
        for line in self._report.summary():
            layout.addWidget(text_label(line, wraps=True))
        if self._report.refused_count:
            layout.addWidget(self._refusals())
        layout.addSpacing(tokens.SPACE_S)
        layout.addWidget(text_label(self._promise(is_new), kind="muted", wraps=True))
        layout.addLayout(self._buttons())
        # Wrapped lines ask for more than they need until somebody tells them their width.
        self.setFixedHeight(layout.totalHeightForWidth(self.width()))
        self.default_button.setFocus()

    def _promise(self, is_new: bool) -> str:
        if not self._report.is_empty:
            if is_new:
                return self.tr("Nothing is made yet. Your labels will be kept in the new project.")
            return self.tr("Nothing is changed yet. Undo takes all of it back in one step.")
        if self._report.known:
            return self.tr("The project has all that can be imported already.")
        return self.tr("There is nothing in it that can be imported.")

    def _refusals(self) -> QPlainTextEdit:
        lines = self._report.refusals(_SHOWN_REFUSALS)
        box = QPlainTextEdit("\n".join(lines))
        box.setReadOnly(True)
        box.setTabChangesFocus(True)
        box.setAccessibleName(self.tr("Rows that are refused, and why"))
        height = box.fontMetrics().lineSpacing() * min(_REFUSAL_LINES, len(lines))
        box.setFixedHeight(height + 2 * tokens.SPACE_M)
        return box

    def _buttons(self) -> QHBoxLayout:
        is_empty, count = self._report.is_empty, self._report.segments
        cancel = push_button(self.tr("Close") if is_empty else self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        buttons = [cancel]
        if not is_empty:
            segments = wording.counted(count, "segment")
            text = self.tr("Import {segments}").format(segments=segments)
            go = push_button(text if count else self.tr("Import"), primary=True)
            go.clicked.connect(self.accept)
            buttons.append(go)
        self.default_button = buttons[-1]
        self.default_button.setDefault(True)
        return _row_of(buttons)


class ExportDialog(QDialog):
    """Which format, and what it cannot carry."""

    def __init__(self, chosen: str, parent: QWidget | None = None) -> None:
        """Offer all formats.

        Args:
            chosen: Name of the format that was used last.
            parent: Under the dialog.
        """
        super().__init__(parent)
        self.setWindowTitle(self.tr("Export"))
        self.setFixedWidth(scaled(_EXPORT_WIDTH))
        self._choices = format_choices()
        layout = _layout_of(self)
        layout.addWidget(_title(self.tr("Export the labels as")))
        self.formats = QListWidget()
        self.formats.setAccessibleName(self.tr("Format"))
        self.formats.addItems([choice.title for choice in self._choices])
        for row in range(self.formats.count()):
            self.formats.item(row).setSizeHint(QSize(0, scaled(tokens.ROW_HEIGHT)))
        rows = min(_FORMAT_ROWS, len(self._choices))
        self.formats.setFixedHeight(rows * scaled(tokens.ROW_HEIGHT) + tokens.SPACE_S)
        self.formats.itemActivated.connect(self.accept)
        layout.addWidget(self.formats)
        self.losses = text_label(kind="muted", wraps=True)
        self.losses.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.losses)
        self.predictions = QCheckBox(self.tr("Also what the model says and nobody has judged yet"))
        self.predictions.setChecked(True)
        layout.addWidget(self.predictions)
        cancel = push_button(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        go = push_button(self.tr("Choose a file…"), primary=True)
        go.setDefault(True)
        go.clicked.connect(self.accept)
        layout.addLayout(_row_of([cancel, go]))
        self._keep_room()
        self.formats.currentRowChanged.connect(self._on_chosen)
        self.choose(chosen)
        self.formats.setFocus()

    @property
    def chosen(self) -> FormatChoice:
        """The chosen format."""
        return self._choices[max(0, self.formats.currentRow())]

    def choose(self, name: str) -> None:
        """Choose a format; the first where there is none of that name."""
        names = [choice.name for choice in self._choices]
        self.formats.setCurrentRow(names.index(name) if name in names else 0)

    def _keep_room(self) -> None:
        """Give the longest sentence its room, so that nothing jumps when another is chosen."""
        width = scaled(_EXPORT_WIDTH) - 2 * tokens.SPACE_L
        metrics, wrap = self.losses.fontMetrics(), int(Qt.TextFlag.TextWordWrap)
        heights = [
            metrics.boundingRect(0, 0, width, 10_000, wrap, choice.cannot_carry).height()
            for choice in self._choices
        ]
        self.losses.setFixedHeight(max(heights) + tokens.SPACE_S)

    @Slot(int)
    def _on_chosen(self, _row: int) -> None:
        self.losses.setText(self.chosen.cannot_carry)
        self.predictions.setEnabled(self.chosen.writes_predictions)


def _layout_of(dialog: QDialog) -> QVBoxLayout:
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L)
    layout.setSpacing(tokens.SPACE_S)
    return layout


def _title(text: str) -> ElidedLabel:
    title = ElidedLabel(text, kind="heading")
    title.setFixedHeight(QFontMetrics(title.font()).height() + tokens.SPACE_XS)
    return title


def _row_of(buttons: Sequence[QPushButton]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(tokens.SPACE_S)
    row.addStretch(1)
    for button in buttons:
        row.addWidget(button)
    return row


def ask_for_labels(parent: QWidget, files: FileQuestions) -> Path | None:
    """Ask for a file of labels; None when the user changes their mind."""
    patterns = " ".join(sorted({f"*{choice.suffix}" for choice in format_choices()}))
    filters = f"{translate('Exchange', 'Files of labels')} ({patterns})"
    return files.file(parent, "imports", translate("Exchange", "Import labels"), filters)


def ask_for_export(
    parent: QWidget, files: FileQuestions, suggested: Path, chosen: FormatChoice
) -> Path | None:
    """Ask where to write a file; None when the user changes their mind."""
    filters = f"{chosen.title} (*{chosen.suffix})"
    return files.target(parent, "exports", translate("Exchange", "Export"), filters, suggested)
