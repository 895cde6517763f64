"""Text in all sizes: chosen by key and in the menu, remembered, followed everywhere, never clipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from cast_studio.app.preferences import TEXT_PERCENTS, AppFolders, Preferences
from cast_studio.ui.theme import Theme, scaled, text_scale
from cast_studio.ui.timeline.content import HEADER_WIDTH, LANES_TOP
from tests.ui.conftest import Desk
from tests.ui.labelling import label_range
from tests.ui.windows import WINDOWS, clipped


@pytest.fixture
def usual_after(qapp: QApplication) -> Iterator[None]:
    """Leave the application with text of the usual size."""
    yield
    Theme(qapp, "dark")


@pytest.mark.usefixtures("usual_after")
def test_keys_and_the_menu_change_the_size_and_it_is_remembered(labelled_desk: Desk) -> None:
    desk = labelled_desk
    timeline = desk.window.workspace.timeline
    row = desk.window.workspace.video_list.view
    heights = [row.sizeHintForRow(0)]
    desk.press("Ctrl+Alt++", "Ctrl+Alt+=")
    assert desk.window.text_size.percent == 125
    assert timeline.content.header_width == pytest.approx(HEADER_WIDTH * 1.25, abs=3)
    assert timeline.content.lanes_top > LANES_TOP
    assert desk.window.fontMetrics().height() == pytest.approx(16 * 1.25, abs=2)
    heights.append(row.sizeHintForRow(0))
    assert heights[1] == pytest.approx(heights[0] * 1.25, abs=2)
    assert Preferences(AppFolders.default()).text_percent == 125
    (menu,) = (m for m in desk.window.findChildren(QMenu) if m.title() == "Text size")
    assert [a.text() for a in menu.actions() if a.isChecked()] == ["125\u202f%"]
    menu.actions()[-1].trigger()
    desk.press("Ctrl+Alt++")
    assert desk.window.text_size.percent == TEXT_PERCENTS[-1] == 200
    desk.press("Ctrl+Alt+0", "Ctrl+Alt+-")
    assert text_scale() == pytest.approx(0.9, abs=0.03)


@pytest.mark.usefixtures("usual_after")
def test_a_size_that_nobody_can_choose_reads_as_the_usual_one(preferences: Preferences) -> None:
    for stored in (0, 1000, 101):
        preferences.text_percent = stored
        assert preferences.text_percent == 100


@pytest.mark.usefixtures("usual_after")
def test_the_largest_text_fits_into_a_small_window(labelled_desk: Desk) -> None:
    desk = labelled_desk
    label_range(desk, 24, 47)
    desk.window.resize(1280, 760)
    desk.window.text_size.choose(200)
    desk.wait(lambda: desk.window.minimumSizeHint().width() <= 1280)
    assert desk.window.minimumSizeHint().height() <= 760
    workspace = desk.window.workspace
    for page in (workspace.label_panel, workspace.why_panel, workspace.training_panel):
        workspace.show_page(page)
        desk.bot.wait(20)
        assert clipped(desk.window) == []
    assert desk.window.top.saved_text.startswith("Sav")
    assert desk.window.size().width() == 1280


@pytest.mark.usefixtures("usual_after")
def test_the_remark_about_the_model_gives_way_to_the_panel(labelled_desk: Desk) -> None:
    desk = labelled_desk
    note = desk.window.workspace.note
    note.show_text(
        "Knows rendered table-top scenes only: 11 verbs and 13 nouns. "
        "For videos of your own, label a few segments and retrain."
    )
    desk.window.resize(1600, 1000)
    desk.wait(lambda: note.isVisible() and not note.is_folded)
    usual = note.height()
    desk.window.text_size.choose(200)
    desk.window.resize(1280, 760)
    desk.wait(lambda: note.is_folded)
    assert note.height() < 2 * usual
    assert note.text.endswith("retrain.")
    desk.window.text_size.choose(100)
    desk.window.resize(1600, 1000)
    desk.wait(lambda: not note.is_folded)


@pytest.mark.usefixtures("usual_after")
@pytest.mark.parametrize("percent", [100, 200])
@pytest.mark.parametrize("name", WINDOWS)
def test_no_words_of_a_window_are_clipped(
    qtbot: QtBot, qapp: QApplication, name: str, percent: int, tmp_path: Path
) -> None:
    Theme(qapp, "dark", text_percent=percent)
    host = QWidget()
    qtbot.addWidget(host)
    window = WINDOWS[name](host, tmp_path)
    if window.testAttribute(Qt.WidgetAttribute.WA_Resized):
        # The offscreen screen is smaller than those that this is for.
        window.resize(window.size().expandedTo(window.minimumSizeHint()))
    window.show()
    qtbot.waitExposed(window)
    assert clipped(window) == []
    assert window.width() <= 1600
    assert window.height() <= 1000
    assert scaled(100) == percent
