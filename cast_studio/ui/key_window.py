"""The window in which commands get other keys, and how labelling by keys works."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QSpinBox,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cast_studio.app.preferences import MAX_REACTION_MS
from cast_studio.core.labels import LabelSchema
from cast_studio.ui import tokens
from cast_studio.ui.actions import native
from cast_studio.ui.commands import BY_DO, COMMANDS, Command, Do
from cast_studio.ui.icons import Icon, icon
from cast_studio.ui.key_field import KeyField
from cast_studio.ui.key_table import HEADERS, KeyTable
from cast_studio.ui.keys.class_keys import class_keys, needs_labelling_mode
from cast_studio.ui.keys.key_map import MOST_KEYS, KeyMap, Taken
from cast_studio.ui.keys.presets import PRESETS
from cast_studio.ui.language import shown
from cast_studio.ui.parts import push_button, resize_with_text, separator, text_label
from cast_studio.ui.theme import scaled, set_kind


@dataclass(frozen=True, slots=True)
class KeyChoice:
    """What the window is about.

    Attributes:
        keys: Of all commands.
        letters_label: Whether letters of classes label.
        reaction_ms: How much later than what they see people press a key.
    """

    keys: KeyMap
    letters_label: bool
    reaction_ms: int


class KeyWindow(QDialog):
    """Changes a draft; :attr:`choice` holds it once accepted."""

    def __init__(
        self, choice: KeyChoice, schema: LabelSchema | None = None, parent: QWidget | None = None
    ) -> None:
        """Show the keys in use.

        Args:
            choice: To start from.
            schema: Whose keys of classes are compared with, None for none.
            parent: The window it belongs to.
        """
        super().__init__(parent)
        self.setWindowTitle(self.tr("Change keys"))
        self._keys = choice.keys
        self._schema = schema
        self._before: list[KeyMap] = []
        self.presets = QComboBox()
        self.presets.setAccessibleName(self.tr("Set of keys"))
        for preset in PRESETS:
            self.presets.addItem(shown(preset.title))
        self._preset_detail = text_label(kind="small", wraps=True)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search by name or by key, such as Ctrl+P"))
        self.search.setAccessibleName(self.tr("Search the commands"))
        self.search.setClearButtonEnabled(True)
        self.model = KeyTable(self._keys)
        self.table = self._make_table()
        self._command = text_label(kind="title", wraps=True)
        self.fields = [KeyField(HEADERS[1 + at]) for at in range(MOST_KEYS)]
        self._clearers = [self._make_clearer(at) for at in range(MOST_KEYS)]
        self.reset_one = push_button(self.tr("Reset"))
        self.reset_one.setToolTip(self.tr("Give this command its usual keys back"))
        self.message = text_label(kind="warning", wraps=True)
        self.undo = push_button(self.tr("Undo"))
        self.letters = QCheckBox(self.tr("Letters label"))
        self.letters.setChecked(choice.letters_label)
        self.reaction = QSpinBox()
        self.reaction.setRange(0, MAX_REACTION_MS)
        self.reaction.setSingleStep(50)
        self.reaction.setSuffix(self.tr(" ms"))
        self.reaction.setValue(choice.reaction_ms)
        self.reaction.setAccessibleName(self.tr("Reaction time in milliseconds"))
        self._lay_out()
        self._connect()
        self._show_preset()
        self.table.selectRow(0)
        self._tell("")
        self.search.setFocus()

    @property
    def choice(self) -> KeyChoice:
        """What was chosen."""
        return KeyChoice(self._keys, self.letters.isChecked(), self.reaction.value())

    @property
    def command(self) -> Command | None:
        """The command whose keys are changed now."""
        return self.model.command(self.table.currentIndex().row())

    def show_command(self, do: Do) -> None:
        """Choose a command in the table; it is searched for no longer if it is filtered out."""
        if self.model.row_of(do) < 0:
            self.search.clear()
        index = self.model.index(self.model.row_of(do), 0)
        flags = QItemSelectionModel.SelectionFlag
        self.table.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.table.scrollTo(index)

    def assign(self, position: int, key: str) -> None:
        """Give the chosen command a key, or with an empty text take one away.

        Args:
            position: 0 for the first key, 1 for the second.
            key: In the notation of the key map.
        """
        command = self.command
        if command is None:
            return
        own = [*self._keys.keys(command.do), *[""] * MOST_KEYS][:MOST_KEYS]
        own[position] = key
        self._take(*self._keys.assign(command.do, own))
        if key:
            self._warn_of_class(key)

    # -- building

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setModel(self.model)
        table.setAccessibleName(self.tr("Commands and their keys"))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        table.setWordWrap(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(scaled(tokens.ROW_HEIGHT))
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width in ((1, 130), (2, 130), (3, 140)):
            table.setColumnWidth(column, scaled(width))
        return table

    def _make_clearer(self, position: int) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(Icon.CLOSE))
        button.setAutoRaise(True)
        button.setToolTip(self.tr("Take this key away"))
        button.setAccessibleName(f"{self.tr('Take away')}: {HEADERS[1 + position]}")
        button.clicked.connect(lambda: self.assign(position, ""))
        return button

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L)
        layout.setSpacing(tokens.SPACE_S)
        top = QHBoxLayout()
        top.setSpacing(tokens.SPACE_M)
        top.addWidget(text_label(self.tr("Keys like")))
        top.addWidget(self.presets)
        top.addWidget(self._preset_detail, 1)
        layout.addLayout(top)
        layout.addWidget(self.search)
        layout.addWidget(self.table, 1)
        layout.addWidget(self._command)
        layout.addLayout(self._keys_row())
        layout.addLayout(self._message_row())
        layout.addWidget(separator())
        layout.addLayout(self._labelling_rows())
        layout.addWidget(separator())
        layout.addLayout(self._buttons())
        resize_with_text(self, 780, 720)

    def _keys_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(tokens.SPACE_XS)
        for title, field, clearer in zip(HEADERS[1:], self.fields, self._clearers, strict=False):
            row.addWidget(text_label(shown(title), kind="muted"))
            row.addSpacing(tokens.SPACE_XS)
            row.addWidget(field)
            row.addWidget(clearer)
            row.addSpacing(tokens.SPACE_M)
        row.addStretch(1)
        row.addWidget(self.reset_one)
        return row

    def _message_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(self.message, 1)
        row.addWidget(self.undo)
        return row

    def _labelling_rows(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(tokens.SPACE_M)
        grid.setVerticalSpacing(tokens.SPACE_S)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.letters, 0, 0)
        letters = self.tr("Letters of classes label, also those that do something else otherwise.")
        grid.addWidget(text_label(letters, kind="small", wraps=True), 0, 1)
        reaction = QHBoxLayout()
        reaction.setSpacing(tokens.SPACE_S)
        reaction.addWidget(text_label(self.tr("Reaction time")))
        reaction.addWidget(self.reaction)
        grid.addLayout(reaction, 1, 0)
        words = self.tr(
            "What is begun, ended or added by keys while the video plays is put so much earlier."
        )
        grid.addWidget(text_label(words, kind="small", wraps=True), 1, 1)
        return grid

    def _buttons(self) -> QHBoxLayout:
        self.reset_all = push_button(self.tr("Reset all keys"))
        self.reset_all.clicked.connect(self._on_reset_all)
        cancel = push_button(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        apply = push_button(self.tr("Apply"), primary=True)
        apply.clicked.connect(self.accept)
        for button in (self.reset_all, cancel, apply, self.reset_one, self.undo):
            button.setAutoDefault(False)
        row = QHBoxLayout()
        row.addWidget(self.reset_all)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(apply)
        return row

    def _connect(self) -> None:
        self.presets.activated.connect(self._on_preset_chosen)
        self.search.textChanged.connect(self._on_searched)
        self.table.selectionModel().currentRowChanged.connect(self._on_row_changed)
        self.table.activated.connect(lambda: self.fields[0].setFocus())
        self.reset_one.clicked.connect(self._on_reset)
        self.undo.clicked.connect(self._on_undo)
        for position, field in enumerate(self.fields):
            field.chosen.connect(lambda key, position=position: self.assign(position, key))

    # -- replies

    @Slot(str)
    def _on_searched(self, typed: str) -> None:
        self.model.search(typed)
        self.table.selectRow(0)
        self._show_command()

    @Slot(QModelIndex, QModelIndex)
    def _on_row_changed(self, now: QModelIndex, before: QModelIndex) -> None:
        self._show_command()

    @Slot(int)
    def _on_preset_chosen(self, position: int) -> None:
        preset = PRESETS[position]
        lost = sum(self._keys.is_changed(command.do) for command in COMMANDS)
        self._take(self._keys.with_preset(preset.name), ())
        self.letters.setChecked(self.letters.isChecked() or preset.letters_label)
        if lost:
            self._tell(self.tr("Your own keys of {n} commands were given up.").format(n=lost))

    @Slot()
    def _on_reset(self) -> None:
        if self.command is not None:
            self._take(*self._keys.reset(self.command.do))

    @Slot()
    def _on_reset_all(self) -> None:
        lost = sum(self._keys.is_changed(command.do) for command in COMMANDS)
        self._take(self._keys.with_preset(self._keys.preset_name), ())
        self._tell(
            self.tr("{n} commands have their usual keys again.").format(n=lost)
            if lost
            else self.tr("All commands have their usual keys.")
        )

    @Slot()
    def _on_undo(self) -> None:
        if self._before:
            self._keys = self._before.pop()
            self._refresh()
            self._tell("")

    # -- helpers

    def _take(self, keys: KeyMap, taken: tuple[Taken, ...]) -> None:
        if keys != self._keys:
            self._before.append(self._keys)
            self._keys = keys
        self._refresh()
        words = [
            self.tr("{key} was taken from “{name}”{left}.").format(
                key=native(lost.key),
                name=BY_DO[lost.do].name.rstrip("…"),
                left="" if keys.keys(lost.do) else self.tr(", which has no key now"),
            )
            for lost in taken
        ]
        self._tell(" ".join(words))

    def _warn_of_class(self, key: str) -> None:
        command = self.command
        if self._schema is None or command is None:
            return
        found = class_keys(self._schema).get(key)
        if found is None:
            return
        name = self._schema.head(found[0]).class_with_id(found[1]).name
        when = self.tr("while letters label") if needs_labelling_mode(key) else self.tr("always")
        words = self.tr("{key} labels with “{name}” {when}, and does this only otherwise.")
        shown = words.format(key=native(key), name=name, when=when)
        self._tell(f"{self.message.text()} {shown}".strip())

    def _refresh(self) -> None:
        self.model.show_keys(self._keys)
        self._show_preset()
        self._show_command()

    def _show_preset(self) -> None:
        preset = self._keys.preset
        self.presets.setCurrentIndex(PRESETS.index(preset))
        self._preset_detail.setText(shown(preset.detail))

    def _show_command(self) -> None:
        command = self.command
        own = () if command is None else self._keys.keys(command.do)
        self._command.setText(
            self.tr("No command fits; search for something else.")
            if command is None
            else command.name.rstrip("…")
        )
        for position, (field, clearer) in enumerate(zip(self.fields, self._clearers, strict=True)):
            field.show_key(own[position] if position < len(own) else "")
            field.setEnabled(command is not None and position <= len(own))
            clearer.setEnabled(position < len(own))
        self.reset_one.setEnabled(command is not None and self._keys.is_changed(command.do))

    def _tell(self, text: str) -> None:
        self.message.setText(text)
        set_kind(self.message, "warning")
        self.undo.setVisible(bool(text) and bool(self._before))
