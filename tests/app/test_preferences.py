"""Preferences and folders: typed, kept in a file, and robust against what is edited by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray
from pytestqt.qtbot import QtBot

from cast_studio.app.preferences import AppFolders, Preferences
from cast_studio.app.recent import existing_projects, forget_project, remember_project


@pytest.fixture
def folders(tmp_path: Path) -> AppFolders:
    return AppFolders.below(tmp_path / "home")


def test_a_fresh_start_has_sensible_values(qapp: object, folders: AppFolders) -> None:
    preferences = Preferences(folders)
    assert preferences.theme == "system"
    assert preferences.heatmap_opacity == 0.7
    assert preferences.uses_hardware
    assert preferences.annotator
    assert preferences.recent_projects == ()
    assert preferences.window_geometry.isEmpty()
    assert preferences.window_state.isEmpty()


def test_what_is_set_is_there_at_the_next_start(qapp: object, folders: AppFolders) -> None:
    first = Preferences(folders)
    first.theme = "dark"
    first.heatmap_opacity = 0.25
    first.annotator = "  ada "
    first.uses_hardware = False
    first.window_geometry = QByteArray(b"\0geometry")
    first.window_state = QByteArray(b"\xffstate")
    first.recent_projects = (Path("/a.cast"),)
    second = Preferences(folders)
    assert second.theme == "dark"
    assert second.heatmap_opacity == 0.25
    assert second.annotator == "ada"
    assert not second.uses_hardware
    assert second.window_geometry == QByteArray(b"\0geometry")
    assert second.window_state == QByteArray(b"\xffstate")
    assert second.recent_projects == (Path("/a.cast"),)


def test_a_change_is_told_by_its_name(qtbot: QtBot, folders: AppFolders) -> None:
    preferences = Preferences(folders)
    with qtbot.waitSignal(preferences.changed) as changed:
        preferences.theme = "light"
    assert changed.args == ["theme"]


def test_values_that_make_no_sense_read_as_defaults(qapp: object, folders: AppFolders) -> None:
    folders.settings_file.parent.mkdir(parents=True)
    folders.settings_file.write_text(
        "[General]\ntheme=pink\nheatmap_opacity=much\nannotator=\nhardware_decoding=maybe\n"
        "window_geometry=7\nrecent_projects=\n"
    )
    preferences = Preferences(folders)
    assert preferences.theme == "system"
    assert preferences.heatmap_opacity == 0.7
    assert preferences.annotator
    assert preferences.window_geometry.isEmpty()
    assert preferences.uses_hardware
    assert preferences.recent_projects == ()


@pytest.mark.parametrize(
    ("stored", "is_on"),
    [
        ("hardware_decoding=auto\nis_muted=true\nshows_pictures=yes\nletters_label=yes\n", True),
        ("hardware_decoding=off\nis_muted=false\nshows_pictures=no\nletters_label=no\n", False),
    ],
)
def test_what_is_on_or_off_is_read_from_older_settings_and_set(
    qapp: object, folders: AppFolders, stored: str, is_on: bool
) -> None:
    def switches(of: Preferences) -> tuple[bool, ...]:
        return of.uses_hardware, of.is_muted, of.shows_pictures, of.letters_label

    folders.settings_file.parent.mkdir(parents=True)
    folders.settings_file.write_text("[General]\n" + stored)
    preferences = Preferences(folders)
    assert switches(preferences) == (is_on,) * 4
    preferences.uses_hardware = preferences.is_muted = not is_on
    preferences.shows_pictures = preferences.letters_label = not is_on
    assert switches(preferences) == switches(Preferences(folders)) == (not is_on,) * 4


@pytest.mark.parametrize(("given", "kept"), [(-1.0, 0.0), (2.0, 1.0), (float("nan"), 0.0)])
def test_the_opacity_stays_between_0_and_1(
    qapp: object, folders: AppFolders, given: float, kept: float
) -> None:
    preferences = Preferences(folders)
    preferences.heatmap_opacity = given
    assert preferences.heatmap_opacity == kept


def test_recent_projects_are_by_last_use_and_each_once(
    qapp: object, folders: AppFolders, tmp_path: Path
) -> None:
    preferences = Preferences(folders)
    for name in ("a", "b", "a"):
        (tmp_path / name).mkdir(exist_ok=True)
        remember_project(preferences, tmp_path / name)
    assert preferences.recent_projects == (tmp_path / "a", tmp_path / "b")
    (tmp_path / "a").rmdir()
    assert existing_projects(preferences) == (tmp_path / "b",)
    assert preferences.recent_projects[0] == tmp_path / "a"
    forget_project(preferences, tmp_path / "a")
    assert preferences.recent_projects == (tmp_path / "b",)


def test_only_so_many_projects_are_remembered(
    qapp: object, folders: AppFolders, tmp_path: Path
) -> None:
    preferences = Preferences(folders)
    for number in range(30):
        remember_project(preferences, tmp_path / str(number))
    assert len(preferences.recent_projects) == 12
    assert preferences.recent_projects[0] == tmp_path / "29"


def test_all_folders_can_be_put_in_one_place(tmp_path: Path) -> None:
    folders = AppFolders.default({"CAST_STUDIO_HOME": str(tmp_path)})
    for folder in (folders.data, folders.cache, folders.logs, folders.models, folders.projects):
        assert tmp_path in folder.parents
    assert folders.settings_file.parent == tmp_path


def test_without_that_the_platforms_own_folders_are_used() -> None:
    folders = AppFolders.default({})
    assert folders.data.is_absolute()
    assert "CAST Studio" in str(folders.data)
    assert folders.data != folders.cache
