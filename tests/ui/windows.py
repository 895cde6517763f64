"""Every window that the program opens, made as the program makes it, for tests that visit all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QSpinBox,
    QTabBar,
    QWidget,
)

from cast_studio.app.importing import ImportRequest, prepare_import
from cast_studio.app.library_service import LibraryService
from cast_studio.app.model_library import ModelLibrary
from cast_studio.app.preferences import AppFolders
from cast_studio.app.relinking import Moved
from cast_studio.core.timing import TimeSpan
from cast_studio.model.weights.sources import EXPERT_SOURCES
from cast_studio.ui import models_questions
from cast_studio.ui.actions import Actions
from cast_studio.ui.backups_dialog import BackupRow, BackupsDialog
from cast_studio.ui.cheat_sheet import CheatSheet
from cast_studio.ui.class_picker import ClassPicker
from cast_studio.ui.dialogs import AboutDialog, GoToDialog, NoteDialog
from cast_studio.ui.exchange_dialogs import ExportDialog, ImportDialog
from cast_studio.ui.key_window import KeyChoice, KeyWindow
from cast_studio.ui.keys.key_map import KeyMap
from cast_studio.ui.label_question import LabelQuestion, LabelTarget
from cast_studio.ui.models_window import ModelsWindow
from cast_studio.ui.new_project_dialog import NewProjectDialog
from cast_studio.ui.palette import Palette
from cast_studio.ui.relinking import RelinkDialog
from cast_studio.ui.schema_window import SchemaWindow
from cast_studio.ui.track_question import TrackDialog, TrackQuestion
from tests.core.examples import PROJECT
from tests.epic_files import write_epic_file
from tests.fakes import SCHEMA

Make = Callable[[QWidget, Path], QDialog]
LONG = "2024-11-19_GoPro_workshop_left-camera_align_the_Bauteilprüfvorrichtung.mp4"


def _backups(host: QWidget, _place: Path) -> QDialog:
    dialog = BackupsDialog("Backups", "Go back to what it was.", is_damaged=False, parent=host)
    dialog.show_rows([BackupRow("1", "Today 12:03", "3", "60", "Relabel 3 segments", "ada")])
    return dialog


def _damaged(host: QWidget, _place: Path) -> QDialog:
    return BackupsDialog("Damaged", "It cannot be opened.", is_damaged=True, parent=host)


def _import(host: QWidget, place: Path) -> QDialog:
    path = write_epic_file(place / "epic.csv", rows=3)
    with path.open("a", encoding="utf-8") as file:
        file.write("broken,row\n")
    prepared = prepare_import(ImportRequest(path, PROJECT, place))
    return ImportDialog(prepared, into="Kitchen", is_new=False, parent=host)


def _models(host: QWidget, place: Path) -> QDialog:
    service = LibraryService(ModelLibrary(AppFolders.below(place)), parent=host)
    window = ModelsWindow(service, in_use=lambda: None, projects=lambda: (), parent=host)
    window.destroyed.connect(lambda: service.close())
    return window


def _picker(host: QWidget, _place: Path) -> QDialog:
    target = LabelTarget(span=TimeSpan(0, 10))
    return ClassPicker(LabelQuestion("Range, 0:01 – 0:02", target, SCHEMA), host)


def _relink(host: QWidget, place: Path) -> QDialog:
    moved = [Moved(video, place / LONG) for video in PROJECT.videos]
    return RelinkDialog(moved, [LONG], host)


WINDOWS: dict[str, Make] = {
    "keys": lambda host, _: KeyWindow(KeyChoice(KeyMap(), False, 0), SCHEMA, host),
    "palette": lambda host, _: Palette(Actions(host), SCHEMA, (), host),
    "sheet": lambda host, _: CheatSheet(Actions(host), SCHEMA, host),
    "classes": lambda host, _: SchemaWindow(PROJECT, parent=host),
    "project": lambda host, place: NewProjectDialog(place, of_model=SCHEMA, parent=host),
    "go to": lambda host, _: GoToDialog(host),
    "note": lambda host, _: NoteDialog(LONG, "", host),
    "about": lambda host, _: AboutDialog(model_sentence="Knows scenes only.", parent=host),
    "track": lambda host, _: TrackDialog(TrackQuestion("", "Labels", "ada", True), host),
    "picker": _picker,
    "import": _import,
    "export": lambda host, _: ExportDialog("csv", host),
    "backups": _backups,
    "damaged": _damaged,
    "models": _models,
    "weights": lambda host, _: models_questions.ImportDialog(host),
    "fetch": lambda host, _: models_questions.fetch_question(EXPERT_SOURCES[0], host)[0],
    "relink": _relink,
}


CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QTabBar,
)
_HAS_PARTS = (QAbstractItemView, QComboBox, QPlainTextEdit, QSpinBox, QTabBar)


def controls(window: QWidget) -> list[QWidget]:
    """Return what the user works with in a window, without the parts that Qt makes of it."""
    return [
        child
        for child in window.findChildren(QWidget)
        if child.isVisible()
        and child.window() is window.window()
        and not isinstance(child, QScrollBar)
        and not child.objectName().startswith("qt_")
        and (isinstance(child, CONTROLS) or child.focusPolicy() & Qt.FocusPolicy.TabFocus)
        and not any(isinstance(above, _HAS_PARTS) for above in _above(child))
    ]


def _above(child: QWidget) -> list[QWidget]:
    found, now = [], child.parentWidget()
    while now is not None and not child.isWindow():
        found.append(now)
        now = now.parentWidget()
    return found


def spoken_name(widget: QWidget) -> str:
    """Return what a screen reader calls a control; empty where it has no name."""
    if widget.accessibleName():
        return widget.accessibleName()
    if isinstance(widget, QAbstractButton) and widget.text():
        return widget.text()
    parent = widget.parentWidget()
    labels = parent.findChildren(QLabel) if parent is not None else []
    return next((label.text() for label in labels if label.buddy() is widget), "")


def clipped(window: QWidget) -> list[str]:
    """Return the words of a window that have less room than they need."""
    QApplication.processEvents()
    found = []
    for child in window.findChildren(QWidget):
        if not child.isVisible() or child.window() is not window.window():
            continue
        metrics = child.fontMetrics()
        if type(child) is QLabel and child.text() and child.pixmap().isNull():
            area = child.contentsRect()
            needed = child.heightForWidth(child.width()) if child.wordWrap() else metrics.height()
            lines = child.text().replace("&", "").splitlines()
            width = 0 if child.wordWrap() else max(map(metrics.horizontalAdvance, lines))
            if child.height() < needed or area.width() < width:
                found.append(f"{child.text()} {child.size().toTuple()} {width} × {needed}")
        elif isinstance(child, QAbstractButton) and child.text():
            width = metrics.horizontalAdvance(child.text().replace("&", ""))
            shows = getattr(child, "toolButtonStyle", lambda: None)()
            if shows == Qt.ToolButtonStyle.ToolButtonIconOnly:
                width = 0
            if child.width() < width or child.height() < metrics.height():
                found.append(f"{child.text()} {child.size().toTuple()} {width}")
        elif (
            isinstance(child, QLineEdit | QComboBox)
            and not child.objectName().startswith("qt_")
            and child.height() < metrics.height()
        ):
            found.append(f"{spoken_name(child)} {child.size().toTuple()}")
    return found
