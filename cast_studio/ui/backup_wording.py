"""What backups hold and what restoring one would change, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from cast_studio.app.backup_shelf import BackupContents
from cast_studio.core.edits import Changes
from cast_studio.ui import wording
from cast_studio.ui.backups_dialog import BackupRow
from cast_studio.ui.language import translate


def row_of(contents: BackupContents, *, now: datetime) -> BackupRow:
    """Return a backup as a line of the window.

    Args:
        contents: What it holds.
        now: The time now, with its zone: "today" depends on it.
    """
    is_readable = not contents.problem
    return BackupRow(
        key=str(contents.path),
        when=moment_text(contents.made_at, now=now) or contents.path.name,
        videos=wording.count(contents.videos) if is_readable else "",
        labels=wording.count(contents.segments) if is_readable else "",
        last_edit=contents.last_edit,
        annotator=contents.last_annotator,
        problem=contents.problem,
    )


def moment_text(moment: datetime | None, *, now: datetime) -> str:
    """Return a moment as the user's clock and calendar say it; empty for none."""
    if moment is None:
        return ""
    local = moment.astimezone(now.tzinfo)
    if local.date() == now.date():
        return translate("Backups", "today {time}").format(time=f"{local:%H:%M:%S}")
    return f"{local:%Y-%m-%d %H:%M:%S}"


def difference_text(changes: Changes) -> str:
    """Return what restoring a backup would change."""
    if changes.is_empty:
        return translate("Backups", "It is the same as the project now.")
    parts = []
    for rows, one in (
        (changes.videos, "video"),
        (changes.tracks, "track"),
        (changes.segments, "label"),
        (changes.reviewed, "reviewed range"),
    ):
        parts += _counted(rows, one)
    if changes.schema:
        parts.append(translate("Backups", "the classes change"))
    if not parts:
        parts.append(translate("Backups", "which models are known changes"))
    return translate(
        "Backups",
        "Restoring it: {changes}. The present state is backed up first, and Undo brings it back.",
    ).format(changes=", ".join(parts))


def _counted(rows: Iterable[object], one: str) -> list[str]:
    rows = list(rows)
    back = sum(getattr(row, "before", None) is None for row in rows)
    gone = sum(getattr(row, "after", None) is None for row in rows)
    changed = len(rows) - back - gone
    found = (
        (back, translate("Backups", "{rows} comes back"), translate("Backups", "{rows} come back")),
        (gone, translate("Backups", "{rows} goes"), translate("Backups", "{rows} go")),
        (changed, translate("Backups", "{rows} changes"), translate("Backups", "{rows} change")),
    )
    return [
        (single if count == 1 else many).format(rows=wording.counted(count, one))
        for count, single, many in found
        if count
    ]
