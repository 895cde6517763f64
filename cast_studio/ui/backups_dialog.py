"""The window of backups: what each holds, what restoring it would change, and the way back to it.

The same window opens over a project that is damaged; then it offers what can still be read, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cast_studio.ui import tokens, wording
from cast_studio.ui.parts import push_button, resize_with_text, text_label
from cast_studio.ui.theme import scaled, with_tabular_figures

_SIZE = (720, 460)
_KEY = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class BackupRow:
    """One line of the window.

    Attributes:
        key: Tells it apart.
        when: When it was so, or what it is.
        videos: How many it holds.
        labels: How many it holds.
        last_edit: What was done last.
        annotator: Who did that.
        problem: Why it cannot be restored; empty if it can.
    """

    key: str
    when: str
    videos: str
    labels: str
    last_edit: str
    annotator: str
    problem: str = ""


class BackupsDialog(QDialog):
    """Shows rows and says which one is wanted. Not modal to the program, only to its window.

    Signals:
        chosen: The key of the row that is looked at.
        restore_wanted: The key of the row to restore.
        backup_wanted: A backup is to be made now.
    """

    chosen = Signal(str)
    restore_wanted = Signal(str)
    backup_wanted = Signal()

    def __init__(
        self, title: str, explanation: str, *, is_damaged: bool, parent: QWidget | None = None
    ) -> None:
        """Show nothing yet but that it is being looked for.

        Args:
            title: Of the window.
            explanation: What this is about, above the list.
            is_damaged: Whether the project cannot be opened as it is: no backup is made of it.
            parent: The window above which it is shown.
        """
        super().__init__(parent)
        self.setWindowTitle(title)
        self._rows: dict[str, BackupRow] = {}
        self._is_damaged = is_damaged
        self.table = self._make_table()
        self._facts = text_label(self.tr("Reading the backups…"), wraps=True)
        self._facts.setMinimumHeight(scaled(3 * tokens.ROW_HEIGHT))
        self._facts.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.backup_button = push_button(self.tr("Back up now"))
        self.backup_button.setVisible(not is_damaged)
        self.backup_button.clicked.connect(self.backup_wanted)
        self.restore_button = push_button(self.tr("Restore"), primary=True)
        self.restore_button.setEnabled(False)
        self.restore_button.clicked.connect(self._on_restore)
        close = push_button(self.tr("Close"))
        close.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addWidget(self.backup_button)
        buttons.addStretch(1)
        buttons.addWidget(close)
        buttons.addWidget(self.restore_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L)
        layout.setSpacing(tokens.SPACE_M)
        layout.addWidget(text_label(explanation, wraps=True))
        layout.addWidget(self.table, 1)
        layout.addWidget(self._facts)
        layout.addLayout(buttons)
        resize_with_text(self, *_SIZE)
        self.table.setFocus()

    @property
    def facts(self) -> str:
        """What is told about the chosen row."""
        return self._facts.text()

    @property
    def current(self) -> str:
        """The key of the chosen row; empty for none."""
        item = self.table.currentItem()
        return "" if item is None else str(item.data(0, _KEY))

    def show_rows(self, rows: Sequence[BackupRow]) -> None:
        """Show rows, newest first; the one that was chosen stays so, else it is the first."""
        before = self.current
        self._rows = {row.key: row for row in rows}
        self.table.clear()
        for row in rows:
            cells = [row.when, row.videos, row.labels, row.last_edit, row.annotator]
            item = QTreeWidgetItem(cells)
            item.setData(0, _KEY, row.key)
            item.setToolTip(3, row.last_edit)
            for column in (1, 2):
                item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight)
            item.setDisabled(bool(row.problem))
            self.table.addTopLevelItem(item)
        if not rows:
            self._facts.setText(
                self.tr("There is no backup yet. One is made every ten minutes and on closing.")
                if not self._is_damaged
                else self.tr("There is no backup.")
            )
            return
        keys = [row.key for row in rows]
        chosen = self.table.topLevelItem(keys.index(before) if before in keys else 0)
        if chosen is not None:
            self.table.setCurrentItem(chosen)

    def tell(self, text: str, *, can_restore: bool) -> None:
        """Say something about the chosen row.

        Args:
            text: Sentences.
            can_restore: Whether it makes sense to restore it.
        """
        self._facts.setText(wording.told(text))
        self.restore_button.setEnabled(can_restore)

    def _make_table(self) -> QTreeWidget:
        table = QTreeWidget()
        table.setColumnCount(5)
        table.setHeaderLabels(
            [
                self.tr("State of"),
                self.tr("Videos"),
                self.tr("Labels"),
                self.tr("Last edit"),
                self.tr("By"),
            ]
        )
        table.setRootIsDecorated(False)
        table.setUniformRowHeights(True)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setFont(with_tabular_figures(table.font()))
        table.setAccessibleName(self.tr("Backups of the project"))
        header = table.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        table.currentItemChanged.connect(self._on_current_changed)
        table.itemActivated.connect(self._on_restore)
        return table

    @Slot()
    def _on_current_changed(self) -> None:
        row = self._rows.get(self.current)
        self.tell(row.problem if row is not None else "", can_restore=False)
        if row is not None and not row.problem:
            self.chosen.emit(row.key)

    @Slot()
    def _on_restore(self) -> None:
        if self.restore_button.isEnabled() and self.current:
            self.restore_wanted.emit(self.current)
