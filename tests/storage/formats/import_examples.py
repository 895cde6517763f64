"""Reading a file into a project, as the program does."""

from __future__ import annotations

from pathlib import Path

from cast_studio.core.edits import apply
from cast_studio.core.imports import Imported, ImportReport, plan_import
from cast_studio.core.project import Project
from cast_studio.storage import formats
from tests.core.imports_examples import numbered


def read(path: Path, name: str) -> Imported:
    return formats.get(name).read(path)


def imported_into(project: Project, path: Path, name: str) -> tuple[Project, ImportReport]:
    found = plan_import(project, read(path, name), new_id=numbered())
    after = project if found.edit is None else apply(project, found.edit)[0]
    return after, found.report


def without_labels(project: Project) -> Project:
    """Return the project before anybody labelled it."""
    return Project(project.format_version, "new", project.name, project.schema, project.videos)
