"""The menus of the window of classes, and what they ask before something is done."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QColorDialog, QInputDialog, QMenu

from cast_studio.app.label_lists import BUNDLED
from cast_studio.core.colors import PALETTE
from cast_studio.ui.file_questions import FileQuestions
from cast_studio.ui.new_project_dialog import ask_for_class_list

if TYPE_CHECKING:
    from cast_studio.ui.schema_window import SchemaWindow

_USUAL_HEADS: Final = ("action", "verb", "noun")


class SchemaMenus(QObject):
    """Fills the menus of a window of classes."""

    def __init__(self, window: SchemaWindow, files: FileQuestions) -> None:
        super().__init__(window)
        self._window = window
        self._files = files
        self._merge = QMenu(window)
        self._merge.aboutToShow.connect(self._fill_merge)
        window.parts.merge.setMenu(self._merge)
        window.parts.bring_in.setMenu(self._lists())
        window.parts.heads.setMenu(self._heads())

    def ask_for_color(self) -> None:
        """Ask for the color of the chosen classes."""
        chosen = self._window.selected
        if not chosen:
            return
        for place, color in enumerate(PALETTE[: QColorDialog.customCount()]):
            QColorDialog.setCustomColor(place, QColor(color))  # those that all can tell apart
        dialog = QColorDialog(QColor(chosen[0].color), self._window)
        dialog.colorSelected.connect(lambda color: self._window.set_color(color.name()))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _lists(self) -> QMenu:
        menu = QMenu(self._window)
        menu.addAction(self.tr("From a file…"), self._ask_for_list)
        menu.addSeparator()
        for found in BUNDLED:
            menu.addAction(found.title, partial(self._window.bring_in_published, found))
        return menu

    def _heads(self) -> QMenu:
        menu, window = QMenu(self._window), self._window
        for name in _USUAL_HEADS:
            text = self.tr("Add “{name}”").format(name=name)
            menu.addAction(text, partial(window.add_head, name))
        menu.addAction(self.tr("Add another…"), self._ask_for_head)
        menu.addSeparator()
        menu.addAction(self.tr("Remove this head"), window.remove_head)
        menu.addAction(self.tr("Delete unused classes"), window.delete_unused)
        return menu

    @Slot()
    def _fill_merge(self) -> None:
        self._merge.clear()
        title = self._merge.addAction(self.tr("Which one stays?"))
        title.setEnabled(False)
        for one in self._window.selected:
            self._merge.addAction(one.name, partial(self._window.merge_into, one))

    def _ask_for_list(self) -> None:
        path = ask_for_class_list(self._window, self._files)
        if path is not None:
            self._window.bring_in_file(path)

    def _ask_for_head(self) -> None:
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle(self.tr("Add a head"))
        dialog.setLabelText(self.tr("What do these classes say, in one word?"))
        dialog.textValueSelected.connect(self._window.add_head)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
