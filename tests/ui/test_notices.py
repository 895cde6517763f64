"""What the user is told stays until it was read."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from cast_studio.app.session import Session
from cast_studio.ui.dialogs import GoToDialog
from cast_studio.ui.notice_bar import NoticeBar
from tests.fakes import SCHEMA
from tests.ui.conftest import WAIT_MS, Desk


@pytest.fixture
def bar(qtbot: QtBot) -> NoticeBar:
    """A bar without a window."""
    made = NoticeBar()
    qtbot.addWidget(made)
    return made


def test_every_file_that_cannot_be_opened_is_told_although_another_one_opens(
    desk: Desk, own_colors: Path
) -> None:
    bad = [own_colors.with_name(name) for name in ("first.mp4", "second.mp4")]
    for path in bad:
        path.write_text("milk, bread")
    desk.open_videos(*bad, own_colors)
    desk.wait(lambda: not desk.studio.projects.opener.is_busy)
    notices = desk.window.notices
    assert notices.level == "error"
    assert all(path.name in notices.text for path in bad)
    assert len(notices.text.splitlines()) == 2
    desk.press("Esc")
    assert (notices.level, notices.text) == (
        "info",
        f"Your labels are kept in {desk.session.folder}.",
    )
    desk.press("Esc")
    assert notices.text == ""


def test_of_news_the_newest_is_shown(bar: NoticeBar) -> None:
    bar.tell("info", "Exported 4 rows.")
    bar.tell("info", "Exported 5 rows.")
    assert bar.text == "Exported 5 rows."
    bar.tell("warning", "The end of the video is missing.")
    bar.dismiss()
    assert bar.text == ""  # news that was seen does not come back


def test_what_is_told_again_is_not_told_twice(bar: NoticeBar) -> None:
    bar.tell("error", "The disk is full.")
    bar.tell("warning", "The end of the video is missing.")
    bar.tell("error", "The disk is full.")
    assert bar.text == "The end of the video is missing.\nThe disk is full."
    assert bar.level == "error"


def test_a_newer_problem_of_a_kind_takes_the_place_of_the_one_before(bar: NoticeBar) -> None:
    bar.tell("error", "Two edits are not saved: the disk is full.", kind="saving")
    bar.tell("warning", "The end of the video is missing.")
    bar.tell("error", "Three edits are not saved: the disk is full.", kind="saving")
    assert bar.text.splitlines() == [
        "The end of the video is missing.",
        "Three edits are not saved: the disk is full.",
    ]


def test_a_place_that_is_mistyped_twice_is_told_once(desk: Desk, own_colors: Path) -> None:
    desk.open_videos(own_colors)
    desk.press("Esc")
    for typed in ("soon", "later"):
        desk.window.asked.go_to()
        (dialog,) = [d for d in desk.window.findChildren(GoToDialog) if d.isVisible()]
        dialog.field.setText(typed)
        dialog.accept()
    assert desk.window.notices.text.startswith("“later” is neither")


def test_many_problems_take_a_few_lines(bar: NoticeBar) -> None:
    for number in range(10):
        bar.tell("error", f"Video {number} cannot be opened.")
    assert bar.text.splitlines()[-2:] == ["Video 9 cannot be opened.", "And 6 more."]
    assert len(bar.text.splitlines()) == 5


def test_a_next_step_is_offered_beside_later_problems(bar: NoticeBar, qtbot: QtBot) -> None:
    tried: list[str] = []
    bar.tell("error", "Not saved.", button="Try again", follow_up=lambda: tried.append("again"))
    bar.tell("warning", "The end of the video is missing.")
    (button,) = [b for b in bar.findChildren(QPushButton) if b.text() == "Try again"]
    assert not button.isHidden()
    button.click()
    assert tried == ["again"]
    assert bar.text == ""
    bar.tell("warning", "Something else.")
    assert button.isHidden()


def test_news_ends_by_itself(qtbot: QtBot) -> None:
    bar = NoticeBar(news_ms=0)
    qtbot.addWidget(bar)
    bar.tell("info", "Exported 4 rows.")
    qtbot.waitUntil(lambda: bar.text == "", timeout=WAIT_MS)
    # The next one too.
    bar.tell("info", "Exported 5 rows.")
    assert bar.text == "Exported 5 rows."
    qtbot.waitUntil(lambda: bar.text == "", timeout=WAIT_MS)


def test_warnings_stay_and_news_waits_for_its_turn(qtbot: QtBot) -> None:
    bar = NoticeBar(news_ms=0)
    other = NoticeBar(news_ms=0)
    for made in (bar, other):
        qtbot.addWidget(made)
    bar.tell("warning", "The end of the video is missing.")
    bar.tell("info", "Exported 4 rows.")
    # By the time that news of another bar has ended, this one's would have too.
    other.tell("info", "Exported 4 rows.")
    qtbot.waitUntil(lambda: other.text == "", timeout=WAIT_MS)
    assert bar.text == "The end of the video is missing."
    bar.dismiss()
    assert bar.text == "Exported 4 rows."
    qtbot.waitUntil(lambda: bar.text == "", timeout=WAIT_MS)


def test_news_with_a_button_waits_for_the_answer(qtbot: QtBot) -> None:
    bar, other = NoticeBar(news_ms=0), NoticeBar(news_ms=0)
    for made in (bar, other):
        qtbot.addWidget(made)
    bar.tell("info", "A model can be fetched.", button="Fetch")
    other.tell("info", "Exported 4 rows.")
    qtbot.waitUntil(lambda: other.text == "", timeout=WAIT_MS)
    assert bar.text == "A model can be fetched."


def test_what_was_told_about_a_project_ends_with_it(desk: Desk, own_colors: Path) -> None:
    bad = own_colors.with_name("bad.mp4")
    bad.write_text("milk, bread")
    desk.open_videos(own_colors, bad)
    desk.wait(lambda: "bad.mp4" in desk.window.notices.text)
    first = desk.session.folder
    other = first.with_name("other.cast")
    Session.create(other, name="other", schema=SCHEMA, annotator="ada").close()
    desk.studio.projects.open_project(other)
    assert desk.session.folder == other
    assert desk.window.notices.text == ""


def test_what_is_told_about_the_project_that_is_opened_is_shown(
    desk: Desk, own_colors: Path
) -> None:
    desk.open_videos(own_colors)
    other = desk.session.folder.with_name("other.cast")
    held = Session.create(other, name="other", schema=SCHEMA, annotator="bob")
    try:
        desk.studio.projects.open_project(other)
        assert desk.session.read_only
        assert desk.window.notices.text == desk.session.read_only_reason
    finally:
        held.close()
