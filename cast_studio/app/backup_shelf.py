"""The backups of a project for whoever shows and restores them; the disk is read on the pool."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from cast_studio.app.threads import run_in_background
from cast_studio.core.edits import Changes, RestoreProject
from cast_studio.core.project import Project
from cast_studio.storage.backup_contents import (
    BackupContents,
    contents_of_backups,
    read_backup,
)
from cast_studio.storage.backups import put_in_place, restore_backup
from cast_studio.storage.opening import write_new
from cast_studio.storage.salvage import Salvage, salvage


@dataclass(frozen=True, slots=True)
class Opened:
    """A backup that was read.

    Attributes:
        path: The file.
        project: What it holds.
        changes: What restoring it would change.
    """

    path: Path
    project: Project
    changes: Changes


class BackupShelf(QObject):
    """Reads and restores the backups of one project folder. GUI thread.

    Signals:
        listed: A tuple of :class:`BackupContents`, newest first.
        opened: :class:`Opened`.
        salvaged: :class:`Salvage`, of a damaged project.
        restored: The folder where the damaged files are now.
        failed: A sentence.
    """

    listed = Signal(object)
    opened = Signal(object)
    salvaged = Signal(object)
    restored = Signal(object)
    failed = Signal(str)

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        """Look at nothing yet.

        Args:
            folder: The project folder.
            parent: Owns the shelf.
        """
        super().__init__(parent)
        self._folder = folder

    @property
    def folder(self) -> Path:
        """The project folder."""
        return self._folder

    def list(self) -> None:
        """Find out what the backups hold; :attr:`listed` tells."""
        self._run(
            lambda: contents_of_backups(self._folder), self.listed.emit, "Reading the backups"
        )

    def open(self, backup: Path, now: Project) -> None:
        """Read a backup and compare it with the project; :attr:`opened` tells."""

        def read() -> Opened:
            found = read_backup(backup)
            return Opened(backup, found, RestoreProject(found, "").changes_in(now))

        self._run(read, self.opened.emit, "Reading the backup")

    def salvage(self) -> None:
        """Find out what of a damaged project can be read; :attr:`salvaged` tells."""
        self._run(lambda: salvage(self._folder), self.salvaged.emit, "Reading what is left")

    def replace_with_backup(self, backup: Path) -> None:
        """Put a backup in the place of a damaged database; :attr:`restored` tells."""
        self._run(
            lambda: restore_backup(self._folder, backup, now=datetime.now(UTC)),
            self.restored.emit,
            "Restoring the backup",
        )

    def replace_with_salvage(self, found: Salvage) -> None:
        """Put what was salvaged in the place of a damaged database; :attr:`restored` tells."""

        def put() -> Path:
            now = datetime.now(UTC)
            return put_in_place(
                self._folder,
                lambda path: write_new(
                    path,
                    found.project,
                    annotator="",
                    made_at=now,
                    description="Salvage from a damaged database",
                ),
                now=now,
                what="What was salvaged",
            )

        self._run(put, self.restored.emit, "Writing what was salvaged")

    def _run(
        self, work: Callable[[], object], on_success: Callable[[object], object], doing: str
    ) -> None:
        call = run_in_background(work, doing=doing, on_failure=self._on_failed)
        call.succeeded.connect(on_success)

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        self.failed.emit(sentence)


__all__ = ["BackupContents", "BackupShelf", "Opened", "Salvage"]
