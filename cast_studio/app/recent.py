"""The list of projects that were open last."""

from __future__ import annotations

from pathlib import Path

from cast_studio.app.preferences import MAX_RECENT_PROJECTS, Preferences


def remember_project(preferences: Preferences, folder: Path) -> None:
    """Put a project folder at the head of the list."""
    folder = folder.absolute()
    others = tuple(path for path in preferences.recent_projects if path != folder)
    preferences.recent_projects = (folder, *others)[:MAX_RECENT_PROJECTS]


def forget_project(preferences: Preferences, folder: Path) -> None:
    """Take a project folder off the list; the project itself stays as it is."""
    folder = folder.absolute()
    preferences.recent_projects = tuple(
        path for path in preferences.recent_projects if path != folder
    )


def existing_projects(preferences: Preferences) -> tuple[Path, ...]:
    """Return the remembered project folders that exist at this moment, newest first.

    A project on a drive that is not plugged in stays remembered and is only left out here.
    """
    return tuple(path for path in preferences.recent_projects if path.is_dir())
