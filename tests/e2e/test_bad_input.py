"""Files that cannot be opened: one sentence each, and the window goes on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from cast_studio.app.session import Session
from cast_studio.storage.schema import FORMAT_VERSION
from tests.e2e.conftest import OpenWindow, RealDesk
from tests.fakes import SCHEMA
from tests.videos import audio_only, constant_rate, truncated


def missing(path: Path) -> Path:
    """Nothing is there."""
    return path


def empty(path: Path) -> Path:
    """A file of no bytes."""
    path.touch()
    return path


def text(path: Path) -> Path:
    """Text under a video's name."""
    path.write_text("milk, bread\n" * 100)
    return path


def without_index(path: Path) -> Path:
    """An MP4 whose copying broke off before its index, which is at its end."""
    whole = constant_rate(path).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


def of_a_newer_version(path: Path) -> Path:
    """A project that a later release has made."""
    Session.create(path, name="newer", schema=SCHEMA, annotator="ada").close()
    with closing(sqlite3.connect(path / "project.db")) as database:
        database.execute(f"PRAGMA user_version = {FORMAT_VERSION + 1}")
    return path


BAD: Mapping[str, Callable[[Path], Path]] = {
    "missing.mp4": missing,
    "empty.mp4": empty,
    "broken off.mp4": without_index,
    "text.mp4": text,
    "sound.mp4": audio_only,
    "newer.cast": of_a_newer_version,
}


def drop_and_listen(desk: RealDesk, path: Path) -> tuple[str, str]:
    """Drop what cannot be opened, or not whole; return the level and text of what is told."""
    desk.told.told.clear()
    desk.window.notices.dismiss()
    desk.drop(path)
    desk.wait(lambda: any(level != "info" for level, _ in desk.told.told))
    desk.wait(lambda: not desk.studio.projects.opener.is_busy)
    desk.wait(lambda: desk.studio.session is None or desk.studio.state.frames is not None)
    (told,) = [(level, text) for level, text in desk.told.told if level != "info"]
    assert desk.window.notices.text == told[1]
    return told


def test_each_is_told_once_by_its_name_and_a_good_video_opens_all_the_same(
    open_window: OpenWindow, tmp_path: Path
) -> None:
    desk = open_window()
    for name, make in BAD.items():
        level, sentence = drop_and_listen(desk, make(tmp_path / name))
        assert level == "error"
        assert name in sentence
        assert sentence.endswith(".")
        assert "\n" not in sentence
        assert desk.studio.session is None
        assert desk.window.welcome.isVisible()
    assert [path.name for path in tmp_path.glob("*.cast")] == ["newer.cast"]

    desk.drop(constant_rate(tmp_path / "good.mp4"))
    desk.wait(lambda: desk.studio.state.frames is not None)
    desk.wait(lambda: desk.window.workspace.video_view.image is not None)
    assert desk.shown_name == "good.mp4"
    assert desk.session.folder == tmp_path / "good.cast"


def test_bad_files_leave_the_open_project_as_it_is(open_window: OpenWindow, tmp_path: Path) -> None:
    desk = open_window()
    desk.drop(constant_rate(tmp_path / "good.mp4"))
    desk.wait(lambda: desk.window.workspace.video_view.image is not None)
    before = desk.session.project
    for name, make in BAD.items():
        assert name in drop_and_listen(desk, make(tmp_path / name))[1]
        assert desk.session.project == before
        assert desk.shown_name == "good.mp4"

    level, sentence = drop_and_listen(desk, truncated(tmp_path / "cut short.mp4"))
    assert level == "warning"
    assert "cut short.mp4" in sentence
    desk.wait(lambda: desk.shown_name == "cut short.mp4" and desk.studio.state.frames is not None)
    desk.press("End")
    frames, player = desk.studio.state.frames, desk.studio.services.player
    assert frames is not None
    desk.wait(lambda: player.shown == len(frames) - 1)
