"""All keys at a glance, as they are now."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from cast_studio.core.labels import LabelSchema
from cast_studio.ui import tokens
from cast_studio.ui.actions import Actions, native
from cast_studio.ui.commands import COMMANDS, MENUS, Do
from cast_studio.ui.keys.class_keys import class_keys, needs_labelling_mode
from cast_studio.ui.language import shown
from cast_studio.ui.parts import (
    ActionButton,
    ElidedLabel,
    push_button,
    resize_with_text,
    text_label,
)
from cast_studio.ui.theme import scaled

_WIDTH = 820
Line = tuple[str, str]


class CheatSheet(QDialog):
    """The keys of commands and, while a project is open, of classes."""

    def __init__(
        self, actions: Actions, schema: LabelSchema | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        # Two columns of large text need a wide screen: on others names would be all dots.
        fits = self.screen().availableSize().width() >= scaled(_WIDTH)
        columns = [QVBoxLayout() for _ in range(2 if fits else 1)]
        for column in columns:
            column.setSpacing(tokens.SPACE_L)
        lengths = [0] * len(columns)
        # What one labels with is looked up most.
        groups = [*self._class_lines(schema), *command_lines(actions), self._mouse_lines()]
        for title, lines in groups:
            shortest = lengths.index(min(lengths))
            lengths[shortest] += len(lines) + 2
            columns[shortest].addLayout(self._group(title, lines))
        page = QWidget()
        across = QHBoxLayout(page)
        across.setContentsMargins(tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L)
        across.setSpacing(tokens.SPACE_XL)
        for column in columns:
            column.addStretch(1)
            across.addLayout(column, 1)
        scroll = QScrollArea()
        scroll.setWidget(page)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setAccessibleName(self.tr("All keys"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(scroll, 1)
        layout.addLayout(self._buttons(actions))
        resize_with_text(self, _WIDTH, 680)

    def _buttons(self, actions: Actions) -> QHBoxLayout:
        change = ActionButton(actions[Do.KEYS])
        change.clicked.connect(self.reject)
        close = push_button(self.tr("Close"), primary=True)
        close.setDefault(True)
        close.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        margin = tokens.SPACE_M
        buttons.setContentsMargins(tokens.SPACE_L, margin, tokens.SPACE_L, margin)
        buttons.addWidget(change)
        buttons.addStretch(1)
        buttons.addWidget(close)
        return buttons

    def _class_lines(self, schema: LabelSchema | None) -> list[tuple[str, list[Line]]]:
        if schema is None:
            return []
        digits: list[Line] = []
        letters: list[Line] = []
        for key, (head, class_id) in class_keys(schema).items():
            name = schema.head(head).class_with_id(class_id).name
            (letters if needs_labelling_mode(key) else digits).append((name, native(key)))
        groups = [
            (self.tr("Label with a class"), digits),
            (self.tr("While letters label"), letters),
        ]
        return [(title, lines) for title, lines in groups if lines]

    def _mouse_lines(self) -> tuple[str, list[Line]]:
        return self.tr("On the timeline with the mouse"), [
            (self.tr("Mark a range"), self.tr("drag on a track")),
            (self.tr("Select what is in a rectangle"), self.tr("Shift and drag")),
            (self.tr("Add a label to the selection"), self.tr("Ctrl and click")),
            (self.tr("Select all up to a label"), self.tr("Shift and click")),
            (self.tr("Choose other classes"), self.tr("double-click")),
            (self.tr("Drag without snapping"), self.tr("hold Ctrl")),
            (self.tr("Move through time"), self.tr("wheel")),
            (self.tr("Zoom"), self.tr("Ctrl and wheel")),
            (self.tr("Scroll the tracks"), self.tr("Alt and wheel")),
        ]

    def _group(self, title: str, lines: Sequence[Line]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(tokens.SPACE_M)
        grid.setVerticalSpacing(tokens.SPACE_XS)
        grid.setColumnStretch(0, 1)
        head = text_label(title, kind="strong")
        grid.addWidget(head, 0, 0, 1, 2)
        for number, (name, key) in enumerate(lines, start=1):
            label = ElidedLabel(name)
            label.setMinimumHeight(scaled(tokens.TEXT_BODY + tokens.SPACE_XS))
            grid.addWidget(label, number, 0)
            keys = text_label(key, kind="muted")
            keys.setAlignment(Qt.AlignmentFlag.AlignRight)
            grid.addWidget(keys, number, 1)
        return grid


def command_lines(actions: Actions) -> list[tuple[str, list[Line]]]:
    """Return menu by menu the commands that have a key, with all their keys."""
    groups = []
    for menu in MENUS:
        lines = [
            (command.name.rstrip("…"), actions.key_texts(command.do))
            for command in COMMANDS
            if command.menu == menu and actions.keys.keys(command.do)
        ]
        groups.append((shown(menu), lines))
    return [(title, lines) for title, lines in groups if lines]
