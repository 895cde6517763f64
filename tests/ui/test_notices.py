"""What the user is told stays until it was read."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from cast_studio.ui.notice_bar import NoticeBar
from tests.ui.conftest import Desk


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
