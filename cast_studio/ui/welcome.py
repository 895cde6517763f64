"""The first page: open a video, try the sample, or go on with a recent project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from cast_studio.ui import tokens
from cast_studio.ui.actions import Actions
from cast_studio.ui.commands import Do
from cast_studio.ui.parts import ActionButton, ElidedLabel, push_button, separator, text_label
from cast_studio.ui.theme import scaled

_RECENT = "recent"
_COLUMN = 640
_MOST_RECENT = 6
_RECENT_HEIGHT = 44


class WelcomePage(QWidget):
    """Shown while no project is open.

    Signals:
        project_chosen: The folder of a recent project.
        project_unwanted: The folder of one that is to be listed no more.
    """

    project_chosen = Signal(object)
    project_unwanted = Signal(object)

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = text_label(self.tr("CAST Studio"), kind="name")
        lead = text_label(
            self.tr(
                "Label what happens in videos, together with a model that learns from your labels."
            ),
            kind="muted",
            wraps=True,
        )
        hint = text_label(
            self.tr("Or drop videos, or a .cast project folder, anywhere on this window."),
            kind="muted",
            wraps=True,
        )
        buttons = QHBoxLayout()
        buttons.setSpacing(tokens.SPACE_S)
        self._first = ActionButton(
            actions[Do.OPEN_VIDEO], text=self.tr("Open video…"), primary=True
        )
        self.setFocusProxy(self._first)
        buttons.addWidget(self._first)
        buttons.addWidget(ActionButton(actions[Do.NEW_PROJECT], text=self.tr("New project…")))
        buttons.addWidget(ActionButton(actions[Do.OPEN_SAMPLE]))
        buttons.addWidget(ActionButton(actions[Do.OPEN_PROJECT], text=self.tr("Open project…")))
        buttons.addStretch(1)
        self._recent_title = text_label(self.tr("Recent projects"), kind="muted")
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        self._column = column = QWidget()
        column.setMaximumWidth(scaled(_COLUMN))
        layout = QVBoxLayout(column)
        layout.setSpacing(tokens.SPACE_S)
        layout.addStretch(2)
        layout.addWidget(title)
        layout.addWidget(lead)
        layout.addSpacing(tokens.SPACE_L)
        layout.addLayout(buttons)
        layout.addWidget(hint)
        layout.addSpacing(tokens.SPACE_L)
        layout.addWidget(separator())
        layout.addSpacing(tokens.SPACE_S)
        layout.addWidget(self._recent_title)
        layout.addLayout(self._recent)
        layout.addStretch(3)
        outer = QHBoxLayout(self)
        outer.addStretch(1)
        outer.addWidget(column, 1000)
        outer.addStretch(1)

    def show_recent(self, folders: Sequence[Path]) -> None:
        """Show the projects that were open last, newest first."""
        while self._recent.count():
            item = self._recent.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        shown = folders[:_MOST_RECENT]
        for folder in shown:
            self._recent.addWidget(self._recent_button(folder))
        self._recent_title.setText(
            self.tr("Recent projects") if shown else self.tr("Your projects will be listed here.")
        )

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  (Qt's name)
        """Follow the size of text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._column.setMaximumWidth(scaled(_COLUMN))
            for button in self.findChildren(QPushButton, _RECENT):
                button.setFixedHeight(scaled(_RECENT_HEIGHT))

    def _recent_button(self, folder: Path) -> QPushButton:
        button = push_button()
        button.setObjectName(_RECENT)
        button.setProperty("flat", True)
        button.setAccessibleName(self.tr("Open the project {name}").format(name=folder.stem))
        button.setToolTip(str(folder))
        button.setFixedHeight(scaled(_RECENT_HEIGHT))
        layout = QVBoxLayout(button)
        layout.setContentsMargins(tokens.SPACE_S, tokens.SPACE_XS, tokens.SPACE_S, tokens.SPACE_XS)
        layout.setSpacing(0)
        layout.addWidget(ElidedLabel(folder.stem))
        layout.addWidget(ElidedLabel(str(folder.parent), kind="small"))
        button.clicked.connect(lambda: self.project_chosen.emit(folder))
        forget = QAction(self.tr("Remove from this list"), button)
        # Later: the menu belongs to the button, which goes with its entry.
        forget.triggered.connect(
            lambda: self.project_unwanted.emit(folder), Qt.ConnectionType.QueuedConnection
        )
        button.addAction(forget)
        button.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        return button
