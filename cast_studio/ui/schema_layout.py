"""What the window of classes is made of: its parts, in their places, with their words."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QStackedLayout,
    QTabBar,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cast_studio.core.schema_impact import Impact
from cast_studio.ui import tokens, wording
from cast_studio.ui.language import translate
from cast_studio.ui.parts import EmptyState, push_button, resize_with_text, separator, text_label
from cast_studio.ui.schema_table import SchemaTable
from cast_studio.ui.theme import scaled, set_kind

_WIDTHS = {1: 64, 2: 130, 4: 90}
_IMPACT_HEIGHT = 112


class SchemaLayout:
    """Builds the parts into a dialog; knows no project and decides nothing."""

    def __init__(self, dialog: QDialog, model: SchemaTable) -> None:
        self._dialog = dialog
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName(translate("SchemaWindow", "Heads"))
        self.heads = self._menu_button(translate("SchemaWindow", "Heads"))
        self.search = QLineEdit()
        self.search.setPlaceholderText(translate("SchemaWindow", "Search classes"))
        self.search.setAccessibleName(translate("SchemaWindow", "Search classes"))
        self.search.setClearButtonEnabled(True)
        self.table = _table(model, translate("SchemaWindow", "Classes of the head"))
        self.new_name = QLineEdit()
        self.new_name.setPlaceholderText(translate("SchemaWindow", "Name of a new class"))
        self.new_name.setAccessibleName(translate("SchemaWindow", "Name of a new class"))
        self.add = self._button(translate("SchemaWindow", "Add"))
        self.rename = self._button(
            translate("SchemaWindow", "Rename"), translate("SchemaWindow", "Rename the class (F2)")
        )
        self.color = self._button(translate("SchemaWindow", "Color…"))
        self.merge = self._button(
            translate("SchemaWindow", "Merge"),
            translate("SchemaWindow", "Make one class of those that are chosen"),
        )
        self.retire = self._button(
            translate("SchemaWindow", "Retire"),
            translate("SchemaWindow", "Offer it no longer; labels keep it"),
        )
        self.delete = self._button(
            translate("SchemaWindow", "Delete"),
            translate("SchemaWindow", "Only where no label has it (Del)"),
        )
        self.up = self._button(
            translate("SchemaWindow", "Up"), translate("SchemaWindow", "Move up (Alt+Up)")
        )
        self.down = self._button(
            translate("SchemaWindow", "Down"), translate("SchemaWindow", "Move down (Alt+Down)")
        )
        self.bring_in = self._menu_button(translate("SchemaWindow", "Import a list"))
        self.undo = self._button(
            translate("SchemaWindow", "Undo"),
            translate("SchemaWindow", "Take the last step back (Ctrl+Z)"),
        )
        self.cancel = self._button(translate("SchemaWindow", "Cancel"))
        self.apply = push_button(translate("SchemaWindow", "Apply"), primary=True)
        self.apply.setAutoDefault(False)
        self.message = text_label(kind="warning", wraps=True)
        self.message.hide()
        self.impacts = text_label(wraps=True)
        self.impacts.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.impacts.setAccessibleName(translate("SchemaWindow", "What changes"))
        self._empty = EmptyState("", "")
        self._lay_out()

    def show_heads(self, heads: Sequence[tuple[str, int]], position: int) -> None:
        """Show a tab for each head with the number of its classes; nothing is told about it."""
        self.tabs.blockSignals(True)
        while self.tabs.count() > len(heads):
            self.tabs.removeTab(self.tabs.count() - 1)
        for at, (name, count) in enumerate(heads):
            text = f"{name} ({count:,})"
            if at < self.tabs.count():
                self.tabs.setTabText(at, text)
            else:
                self.tabs.addTab(text)
        if heads:
            self.tabs.setCurrentIndex(min(max(position, 0), len(heads) - 1))
        self.tabs.blockSignals(False)

    def show_empty(self, *, has_head: bool, has_classes: bool) -> None:
        """Show the table, or what to do while there is nothing in it."""
        if has_head:
            self._empty.tell(
                translate("SchemaWindow", "No classes yet"),
                translate("SchemaWindow", "Type a name below and press Enter, or import a list."),
            )
        else:
            self._empty.tell(
                translate("SchemaWindow", "Nothing can be labelled yet"),
                translate(
                    "SchemaWindow",
                    "Add a head: action, if each label is one thing; verb and noun, if it has two "
                    "parts. Or import a list.",
                ),
            )
        self._stack.setCurrentIndex(0 if has_classes else 1)

    def show_impacts(self, found: Sequence[Impact]) -> None:
        """Tell what applying would do."""
        titles = [(wording.told(one.title), wording.told(one.detail)) for one in found]
        lines = [f"{title}: {detail}." if detail else f"{title}." for title, detail in titles]
        nothing = translate("SchemaWindow", "Nothing changes yet. Labels stay when classes change.")
        self.impacts.setText("\n".join(lines) or nothing)
        set_kind(self.impacts, "" if found else "muted")
        moved = sum(one.segments for one in found)
        self._impact_title.setText(
            translate("SchemaWindow", "What changes – {n} labels get another class").format(
                n=f"{moved:,}"
            )
            if moved
            else translate("SchemaWindow", "What changes")
        )

    def tell(self, text: str) -> None:
        """Tell why something was not done, or nothing."""
        self.message.setText(wording.told(text))
        self.message.setVisible(bool(text))

    def enable(
        self, *, chosen: int, all_retired: bool, can_edit: bool, can_undo: bool, is_changed: bool
    ) -> None:
        """Enable what is possible.

        Args:
            chosen: How many classes are chosen.
            all_retired: Whether all of them are retired.
            can_edit: Whether the project may be changed.
            can_undo: Whether there is a step to take back.
            is_changed: Whether applying would change anything.
        """
        for button in (self.color, self.retire, self.delete, self.up, self.down):
            button.setEnabled(can_edit and chosen > 0)
        self.rename.setEnabled(can_edit and chosen == 1)
        self.merge.setEnabled(can_edit and chosen > 1)
        for widget in (self.add, self.new_name, self.bring_in, self.heads):
            widget.setEnabled(can_edit)
        self.retire.setText(
            translate("SchemaWindow", "Use again")
            if all_retired
            else translate("SchemaWindow", "Retire")
        )
        self.undo.setEnabled(can_undo)
        self.apply.setEnabled(can_edit and is_changed)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self._dialog)
        layout.setContentsMargins(tokens.SPACE_L, tokens.SPACE_M, tokens.SPACE_L, tokens.SPACE_L)
        layout.setSpacing(tokens.SPACE_S)
        top = _row(self.tabs, None, self.search, self.heads, self.bring_in)
        self.search.setMinimumWidth(scaled(180))
        layout.addLayout(top)
        host = QWidget()
        self._stack = QStackedLayout(host)
        self._stack.addWidget(self.table)
        self._stack.addWidget(self._empty)
        layout.addWidget(host, 1)
        add = _row(self.new_name, self.add)
        add.setStretch(0, 1)
        layout.addLayout(add)
        layout.addLayout(
            _row(
                self.rename,
                self.color,
                self.merge,
                self.retire,
                self.delete,
                None,
                self.up,
                self.down,
            )
        )
        layout.addWidget(self.message)
        layout.addWidget(separator())
        self._impact_title = text_label(kind="muted")
        layout.addWidget(self._impact_title)
        layout.addWidget(_scrolled(self.impacts, translate("SchemaWindow", "What changes")))
        layout.addLayout(_row(self.undo, None, self.cancel, self.apply))
        resize_with_text(self._dialog, 860, 720)

    def _button(self, text: str, tip: str = "") -> QPushButton:
        button = push_button(text)
        button.setAutoDefault(False)
        button.setToolTip(tip)
        return button

    def _menu_button(self, text: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button


def _row(*widgets: QWidget | None) -> QHBoxLayout:
    """Return widgets beside each other; None is room that grows."""
    row = QHBoxLayout()
    row.setSpacing(tokens.SPACE_XS)
    for widget in widgets:
        if widget is None:
            row.addStretch(1)
        else:
            row.addWidget(widget)
    return row


def _scrolled(label: QLabel, name: str) -> QScrollArea:
    area = QScrollArea()
    area.setAccessibleName(name)
    area.setWidget(label)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFixedHeight(scaled(_IMPACT_HEIGHT))
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area


def _table(model: SchemaTable, name: str) -> QTableView:
    table = QTableView()
    table.setModel(model)
    table.setAccessibleName(name)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
    # Not by any key: a letter would replace a name.
    triggers = QAbstractItemView.EditTrigger
    table.setEditTriggers(triggers.DoubleClicked | triggers.EditKeyPressed)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.setWordWrap(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(scaled(tokens.ROW_HEIGHT + 2))
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
    for column, width in _WIDTHS.items():
        table.setColumnWidth(column, scaled(width))
    return table
