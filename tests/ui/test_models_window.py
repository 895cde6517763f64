"""The window of models, by mouse and by keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from cast_studio.app.library_service import LibraryService
from cast_studio.app.model_library import ModelLibrary
from cast_studio.app.preferences import AppFolders
from cast_studio.app.threads import has_unfinished_threads
from cast_studio.model.weights.sources import expert_source
from cast_studio.ui.commands import Do
from cast_studio.ui.models_questions import ImportDialog
from cast_studio.ui.models_window import ModelsWindow
from cast_studio.ui.theme import Theme
from tests.model.weights.fake_hub import FakeHub, running_hub
from tests.model.weights.small_experts import clip_bytes, clip_file, videomae_file
from tests.ui.conftest import WAIT_MS, Desk

SOURCE = expert_source("clip-b16-openai")


@pytest.fixture
def library(tmp_path: Path) -> ModelLibrary:
    """A library with an expert whose terms are narrow."""
    made = ModelLibrary(AppFolders.default())
    made.import_file(videomae_file(tmp_path / "motion.safetensors"), name="motion")
    return made


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    assert SOURCE.hub is not None
    with running_hub() as hub:
        hub.files[f"{SOURCE.hub.repository}/{SOURCE.hub.names[0]}"] = clip_bytes()
        yield hub


@pytest.fixture
def in_use() -> list[Path]:
    """The folders of models in use; the last one counts."""
    return []


@pytest.fixture
def window(
    qtbot: QtBot, qapp: QApplication, library: ModelLibrary, hub: FakeHub, in_use: list[Path]
) -> Iterator[ModelsWindow]:
    Theme(qapp, "dark")
    service = LibraryService(library, endpoint=hub.endpoint)
    made = ModelsWindow(service, in_use=lambda: in_use[-1] if in_use else None)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(lambda: made.current is not None, timeout=WAIT_MS)
    yield made
    made.close()
    assert service.close()
    qtbot.waitUntil(lambda: not has_unfinished_threads(), timeout=WAIT_MS)


def names(window: ModelsWindow) -> list[str]:
    model = window.view.model()
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


def asked(window: ModelsWindow) -> QMessageBox:
    (box,) = [box for box in window.findChildren(QMessageBox) if box.isVisible()]
    return box


def answer(box: QMessageBox, text: str) -> None:
    next(button for button in box.buttons() if button.text() == text).click()


def test_what_there_is_stands_above_what_could_be(
    window: ModelsWindow, qtmodeltester: ModelTester
) -> None:
    shown = names(window)

    assert shown[:5] == ["Models", "cast-tiny", "Experts", "motion", "Experts to fetch"]
    assert SOURCE.title in shown
    assert window.current is not None
    assert window.current.name == "cast-tiny"
    qtmodeltester.check(window.view.model())


def test_titles_are_passed_over_with_the_keys(window: ModelsWindow, qtbot: QtBot) -> None:
    window.view.setFocus()

    qtbot.keyClick(window.view, Qt.Key.Key_Down)

    assert window.current is not None
    assert window.current.name == "motion"


def test_all_that_is_known_is_on_the_sheet(window: ModelsWindow) -> None:
    window.choose("motion")

    text = window.sheet.toPlainText()
    for part in (
        "temporal expert",
        "CC BY-NC 4.0",
        "non-commercial use only",
        "sha256",
        "Load report",
    ):
        assert part in text
    assert not window.remove_button.isHidden()
    assert window.fetch_button.isHidden()

    window.choose("cast-tiny")
    assert "How it was made" in window.sheet.toPlainText()
    assert window.remove_button.isHidden()


def test_a_foreign_card_loads_nothing_and_is_no_markup(window: ModelsWindow) -> None:
    assert window.sheet.loadResource(2, "file:///etc/hostname") is None


def test_the_sheet_follows_the_theme(window: ModelsWindow, qapp: QApplication) -> None:
    window.choose("motion")
    before = window.sheet.toHtml()

    Theme(qapp, "light")
    QApplication.processEvents()

    assert window.sheet.toHtml() != before
    assert "non-commercial use only" in window.sheet.toPlainText()


def test_fetching_asks_first_and_shows_what_came(
    window: ModelsWindow, library: ModelLibrary, hub: FakeHub, qtbot: QtBot
) -> None:
    window.choose(SOURCE.name)
    window.fetch_button.click()
    box = asked(window)
    assert "About 599 MB" in box.informativeText()
    assert "MIT" in box.informativeText()
    answer(box, "Cancel")
    assert hub.ranges == []

    window.fetch_button.click()
    with qtbot.waitSignal(window.library_changed, timeout=WAIT_MS):
        answer(asked(window), "Fetch")
        assert not window.fetch_button.isEnabled()
        assert window.stop_button.isVisible()

    assert "Imported as the spatial expert" in window.notices.text
    both = {"motion", SOURCE.name}
    qtbot.waitUntil(lambda: both <= set(names(window)), timeout=WAIT_MS)
    assert library.find(SOURCE.name).kind == "expert"
    assert window.current is not None
    assert window.current.name == SOURCE.name
    assert not window.stop_button.isVisible()


def test_without_network_the_sentence_stays_until_it_is_closed(
    window: ModelsWindow, hub: FakeHub, qtbot: QtBot
) -> None:
    hub.status = 503
    window.choose(SOURCE.name)
    window.ask_to_fetch()

    answer(asked(window), "Fetch")

    qtbot.waitUntil(lambda: "was not fetched" in window.notices.text, timeout=WAIT_MS)
    assert "models import FILE" in window.notices.text
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert window.notices.text == ""
    assert window.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isVisible()


def test_what_persons_only_may_have_opens_the_import(window: ModelsWindow) -> None:
    window.choose("mvd-b16")
    assert window.fetch_button.text() == "Import by hand…"

    window.fetch_button.click()

    (dialog,) = window.findChildren(ImportDialog)
    assert (dialog.wish.name, dialog.wish.kind) == ("mvd-b16", "mvd")
    assert not dialog.go.isEnabled()
    dialog.reject()


def test_importing_takes_what_was_filled_in(
    window: ModelsWindow, library: ModelLibrary, tmp_path: Path, qtbot: QtBot
) -> None:
    file = clip_file(tmp_path / "look.safetensors")
    qtbot.keyClick(window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    (dialog,) = window.findChildren(ImportDialog)
    dialog.path.setText(str(file))
    dialog.name.setText("mine")
    dialog.kind.setCurrentIndex(dialog.kind.findData("clip-open_clip"))

    with qtbot.waitSignal(window.library_changed, timeout=WAIT_MS):
        dialog.go.click()

    assert library.find("mine").kind == "expert"
    qtbot.waitUntil(lambda: "mine" in names(window), timeout=WAIT_MS)


@pytest.mark.parametrize("lists", ["", "/nowhere/verbs.txt"])
def test_a_refused_import_is_told(
    window: ModelsWindow, tmp_path: Path, lists: str, qtbot: QtBot
) -> None:
    file = tmp_path / "page.safetensors"
    file.write_text("<!doctype html>", "utf-8")
    window.ask_for_import()
    (dialog,) = window.findChildren(ImportDialog)
    dialog.path.setText(str(file))
    dialog.classes.setText(lists)

    dialog.go.click()

    wanted = "cannot be read" if lists else "web page"
    qtbot.waitUntil(lambda: wanted in window.notices.text, timeout=WAIT_MS)
    assert window.notices.level == "error"


def test_removing_asks_first(window: ModelsWindow, library: ModelLibrary, qtbot: QtBot) -> None:
    window.choose("motion")
    window.view.setFocus()
    qtbot.keyClick(window.view, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: bool(window.findChildren(QMessageBox)), timeout=WAIT_MS)
    box = asked(window)
    assert str(library.folders.models / "motion") in box.informativeText()
    assert box.defaultButton().text() == "Keep it"
    answer(box, "Keep it")
    assert library.find("motion")

    window.remove_button.click()
    qtbot.waitUntil(
        lambda: any(box.isVisible() for box in window.findChildren(QMessageBox)), timeout=WAIT_MS
    )
    with qtbot.waitSignal(window.library_changed, timeout=WAIT_MS):
        answer(asked(window), "Remove")

    assert "Removed “motion”" in window.notices.text
    qtbot.waitUntil(lambda: "motion" not in names(window), timeout=WAIT_MS)
    assert not (library.folders.models / "motion").exists()


def test_the_model_in_use_is_not_removed(
    window: ModelsWindow, library: ModelLibrary, in_use: list[Path]
) -> None:
    in_use.append(library.folders.models / "motion")
    window.choose("motion")

    window.remove_button.click()

    assert "is in use" in window.notices.text
    assert library.find("motion")


def test_tab_reaches_everything(window: ModelsWindow, qtbot: QtBot) -> None:
    window.choose("motion")
    window.view.setFocus()
    visited = set()
    for _ in range(8):
        focused = QApplication.focusWidget()
        visited.add(focused)
        qtbot.keyClick(focused, Qt.Key.Key_Tab)

    assert {window.view, window.import_button, window.remove_button, window.sheet} <= visited


def test_the_command_opens_the_window_and_new_models_are_offered(
    make_desk: Callable[..., Desk], qtbot: QtBot
) -> None:
    desk = make_desk()
    desk.window.actions_[Do.MODELS].trigger()
    (window,) = desk.window.findChildren(ModelsWindow)
    qtbot.waitUntil(lambda: window.current is not None, timeout=WAIT_MS)
    states: list[object] = []
    desk.studio.models.state_changed.connect(states.append)

    window.library_changed.emit()

    assert states
    window.close()
    desk.window.actions_[Do.MODELS].trigger()
    assert desk.window.findChildren(ModelsWindow) == [window]
    window.close()
