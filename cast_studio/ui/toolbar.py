"""The strip on top: project, undo, the model, the three big steps, and what is saved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from cast_studio.ui import tokens
from cast_studio.ui.actions import Actions
from cast_studio.ui.commands import Do
from cast_studio.ui.icons import Icon, icon
from cast_studio.ui.model_controller import ModelState
from cast_studio.ui.parts import ElidedLabel, text_label
from cast_studio.ui.theme import scaled, set_kind, with_tabular_figures

_DOTS = {
    ModelState.READY: "good",
    ModelState.LOADING: "muted",
    ModelState.ABSENT: "muted",
    ModelState.FAILED: "danger",
}
_WIDEST_STATE = 220


class TopBar(QToolBar):
    """Shows what is open and what the model does.

    Signals:
        model_chosen: Position in the list given to :meth:`show_models`.
        project_chosen: Folder of a recent project.
    """

    model_chosen = Signal(int)
    project_chosen = Signal(object)

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("top-bar")
        self.setWindowTitle(self.tr("Toolbar"))
        self.setMovable(False)
        self.setFloatable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self._project_menu = QMenu(self)
        self._recent_menu = QMenu(self.tr("Recent projects"), self)
        for do in (Do.NEW_PROJECT, Do.OPEN_VIDEO, Do.OPEN_PROJECT, Do.OPEN_SAMPLE):
            self._project_menu.addAction(actions[do])
        self._project_menu.addMenu(self._recent_menu)
        self._project_menu.addSeparator()
        self._project_menu.addAction(actions[Do.CLOSE_PROJECT])
        self._project = self._menu_button(self._project_menu)
        self._project.setIcon(icon(Icon.MENU))
        self.setFocusProxy(self._project)
        self._model_menu = QMenu(self)
        self._model = self._menu_button(self._model_menu)
        self._model.setIcon(icon(Icon.MODEL))
        self._dot = text_label("●")
        self._dot.setContentsMargins(tokens.SPACE_XS, 0, tokens.SPACE_XS, 0)
        self._state = ElidedLabel(kind="muted")
        self._state.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._state.setMaximumWidth(scaled(_WIDEST_STATE))
        self._worded: list[QToolButton] = []
        self._saved = text_label(kind="muted")
        self._saved.setFont(with_tabular_figures(self._saved.font()))
        self._saved.setContentsMargins(tokens.SPACE_S, 0, tokens.SPACE_S, 0)
        self.addWidget(self._project)
        self.addSeparator()
        self._add_button(actions, Do.UNDO)
        self._add_button(actions, Do.REDO)
        self.addSeparator()
        for widget in (self._model, self._dot):
            self.addWidget(widget)
        self._state_place = self.addWidget(self._state)
        self.addSeparator()
        for do in (Do.PREDICT, Do.RETRAIN, Do.EXPORT):
            self._add_button(actions, do, with_text=True)
        spring = QWidget()
        spring.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(spring)
        self.addWidget(self._saved)
        self.show_project("")
        self.show_model("", ModelState.ABSENT, self.tr("not loaded"))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  (Qt's name)
        """Leave out what can be spared where there is little room."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  (Qt's name)
        """Follow the size of text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._state.setMaximumWidth(scaled(_WIDEST_STATE))
            self._fit()

    def _fit(self) -> None:
        """Show as many words as there is room for; what is saved is always told."""
        for words, state in ((True, True), (True, False), (False, False)):
            for button in self._worded:
                style = Qt.ToolButtonStyle
                button.setToolButtonStyle(
                    style.ToolButtonTextBesideIcon if words else style.ToolButtonIconOnly
                )
            self._state_place.setVisible(state)
            if self.sizeHint().width() <= self.width():
                return

    @property
    def saved_text(self) -> str:
        """What is told about saving."""
        return self._saved.text()

    @property
    def model_text(self) -> str:
        """The model and its state, as they are shown."""
        return f"{self._model.text()} {self._state.text()}".strip()

    def show_project(self, name: str, *, read_only: bool = False) -> None:
        """Show which project is open; an empty name for none."""
        text = name or self.tr("No project")
        self._project.setText(text + (self.tr(" (read only)") if read_only else ""))
        self._saved.setText("")
        self._fit()

    def show_recent(self, folders: Sequence[Path]) -> None:
        """Offer the projects that were open last."""
        self._recent_menu.clear()
        self._recent_menu.setEnabled(bool(folders))
        for folder in folders:
            action = self._recent_menu.addAction(folder.stem)
            action.setToolTip(str(folder))
            action.triggered.connect(
                lambda checked=False, folder=folder: self.project_chosen.emit(folder)
            )

    def show_models(self, names: Sequence[str], chosen: int, *, refusal: str = "") -> None:
        """Offer models.

        Args:
            names: What the user calls them.
            chosen: Position of the one in use, -1 for none.
            refusal: Why none can be chosen just now; empty when one can.
        """
        self._model.setEnabled(not refusal)
        self._model.setToolTip(refusal)
        self._model_menu.clear()
        for position, name in enumerate(names):
            action = self._model_menu.addAction(name)
            action.setCheckable(True)
            action.setChecked(position == chosen)
            action.triggered.connect(
                lambda checked=False, position=position: self.model_chosen.emit(position)
            )

    def show_model(self, name: str, state: ModelState, detail: str) -> None:
        """Show the model in use and how far it is.

        Args:
            name: What the user calls it; empty for none.
            state: How far it is.
            detail: The same in words; of a model that is ready, device and precision.
        """
        self._model.setText(self.tr("Model: {name}").format(name=name or self.tr("none")))
        set_kind(self._dot, _DOTS[state])
        self._state.setText(detail)
        self._fit()
        self._dot.setToolTip(detail)

    def show_saved(self, moment: datetime | None) -> None:
        """Show when the last edit reached the disk; None while one is on its way."""
        set_kind(self._saved, "muted")
        if moment is None:
            self._saved.setText(self.tr("Saving…"))
        else:
            self._saved.setText(
                self.tr("Saved {time}").format(time=moment.astimezone().strftime("%H:%M"))
            )
        self._fit()

    def show_unsaved(self) -> None:
        """Show that edits could not be saved."""
        set_kind(self._saved, "danger")
        self._saved.setText(self.tr("Not saved"))
        self._fit()

    def _menu_button(self, menu: QMenu) -> QToolButton:
        button = QToolButton()
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        menu.setToolTipsVisible(True)
        return button

    def _add_button(self, actions: Actions, do: Do, *, with_text: bool = False) -> None:
        self.addAction(actions[do])
        button = self.widgetForAction(actions[do])
        if isinstance(button, QToolButton):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            if with_text:
                self._worded.append(button)
