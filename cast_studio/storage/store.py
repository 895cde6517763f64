"""One project on disk: opened by one writer, checked, and changed one transaction at a time.

A project is a folder::

    name.cast/
        project.db       the project and its history (SQLite)
        project.lock     held by the window that may write
        backups/         complete copies of project.db
        predictions/     what models said; can be made again
        runs/            what training runs wrote
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from types import TracebackType

from cast_studio.core.edits import Changes
from cast_studio.core.project import Project
from cast_studio.errors import DamagedError, StoreError
from cast_studio.said import say
from cast_studio.storage import backups, edit_log
from cast_studio.storage.connection import (
    DATABASE_NAME,
    advice_on_damage,
    in_words,
    is_disk_troubled,
    is_write_refused,
    journal_mode,
    log_left_alone,
)
from cast_studio.storage.edit_changes import changes_from_json
from cast_studio.storage.edit_log import EditRecord
from cast_studio.storage.lock import AlreadyLockedError, ProjectLock
from cast_studio.storage.opening import (
    Clock,
    create_folder,
    open_to_read,
    open_to_write,
    refuse_what_is_no_project,
)
from cast_studio.storage.reading import read_project
from cast_studio.storage.writing import StaleRowsError, write_changes

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)


class ProjectStore:
    """The open database of a project.

    Made by :meth:`create` or :meth:`open`, which may take a while for a large project and may run
    on any thread, as may :meth:`load`. After that one thread, the store writer, commits. A mutex
    keeps two threads from being inside at once; it does not order their calls.
    """

    def __init__(
        self,
        folder: Path,
        database: sqlite3.Connection,
        *,
        lock: ProjectLock | None,
        read_only_reason: str,
        clock: Clock,
    ) -> None:
        """Take over an open and checked database; use :meth:`create` or :meth:`open` instead."""
        self._folder = folder
        self._path = folder / DATABASE_NAME
        self._read_only_reason = read_only_reason
        self._database = database
        self._lock = lock
        self._clock = clock
        self._mutex = Lock()
        self._is_closed = False
        self._is_suspect = False
        self._file_id = _file_id(self._path)
        self._revision = edit_log.last_revision(database)

    @classmethod
    def create(
        cls, folder: Path, project: Project, *, annotator: str = "", clock: Clock = utc_now
    ) -> ProjectStore:
        """Make a new project folder, complete or not at all, and open it.

        Args:
            folder: It must not exist, or be empty; folders above it are made.
            project: What the project starts with.
            annotator: Who makes it, for its history.
            clock: Gives the times in the history.

        Raises:
            StoreError: There is something already, or the folder cannot be written.
        """
        folder = Path(folder)
        with in_words(f"The project “{folder}” could not be created", folder / DATABASE_NAME):
            create_folder(folder, project, annotator=annotator, clock=clock)
        return cls.open(folder, clock=clock)

    @classmethod
    def open(cls, folder: Path, *, read_only: bool = False, clock: Clock = utc_now) -> ProjectStore:
        """Open a project, check its database and bring an older version up to date.

        A project that another window has open, that is write-protected, or whose disk is full is
        opened to be read;
        :attr:`read_only_reason` says why.

        Args:
            folder: The project folder.
            read_only: Do not try to write, so that others can.
            clock: Gives the times in the history.

        Raises:
            StoreError: There is no project, it is from a newer version, or it is damaged.
        """
        folder = Path(folder)
        path = folder / DATABASE_NAME
        refuse_what_is_no_project(folder)
        lock, why_not = (None, _ASKED_TO_READ) if read_only else _try_to_lock(folder)
        with ExitStack() as undo, in_words(f"The project “{folder}” could not be opened", path):
            if lock is not None:
                undo.callback(lock.release)
                try:
                    database = open_to_write(folder, clock=clock)
                except sqlite3.OperationalError as error:
                    if is_disk_troubled(error):
                        why_not = _disk_troubled(folder, str(error))
                    elif is_write_refused(error):
                        why_not = _write_protected(folder, str(error))
                    else:
                        raise
                    lock.release()
                    lock = None
            if lock is None:
                database = open_to_read(folder)
            undo.callback(database.close)
            store = cls(folder, database, lock=lock, read_only_reason=why_not, clock=clock)
            undo.pop_all()
        return store

    @property
    def folder(self) -> Path:
        """The project folder."""
        return self._folder

    @property
    def read_only(self) -> bool:
        """Whether :meth:`commit` is refused."""
        return bool(self._read_only_reason)

    @property
    def read_only_reason(self) -> str:
        """The sentence that says why the project can only be read; empty if it can be written."""
        return self._read_only_reason

    @property
    def is_open_elsewhere(self) -> bool:
        """Whether it can only be read because another window has it open."""
        return self._read_only_reason == _open_elsewhere(self._folder)

    @property
    def revision(self) -> int:
        """The number of the last edit on disk; 1 in a new project."""
        return self._revision

    @property
    def journal_mode(self) -> str:
        """``"wal"``, or ``"delete"`` where a write-ahead log cannot work."""
        with self._inside("could not be read"):
            return journal_mode(self._database)

    def load(self) -> Project:
        """Read the whole project.

        Raises:
            StoreError: Something in it does not fit; nothing is skipped.
        """
        try:
            return self._load()
        except DamagedError:
            self._is_suspect = True
            raise

    def _load(self) -> Project:
        with self._inside("could not be read"):
            self._database.execute("BEGIN")
            try:
                return read_project(self._database)
            except ValueError as error:
                raise DamagedError(
                    say(
                        "The project “{folder}” holds something that cannot be understood: {error}. "
                        "{advice_on_damage}",
                        folder=self._folder,
                        error=error,
                        advice_on_damage=advice_on_damage(self._folder),
                    )
                ) from error
            finally:
                self._roll_back()

    def edits(self, *, after: int = 0) -> tuple[EditRecord, ...]:
        """Return the history: the edits with a revision above ``after``, oldest first.

        Raises:
            StoreError: It cannot be read.
        """
        with self._inside("could not be read"):
            return edit_log.read(self._database, after=after)

    def edit_titles(self, *, limit: int) -> tuple[tuple[int, str], ...]:
        """Return revision and words of the newest edits, oldest first, without what they changed.

        Raises:
            StoreError: It cannot be read.
        """
        with self._inside("could not be read"):
            return edit_log.read_titles(self._database, limit=limit)

    def changes_of(self, revision: int) -> Changes:
        """Return what an edit has changed. May wait for a commit that another thread is in.

        Raises:
            StoreError: It cannot be read.
        """
        with self._inside("could not be read"):
            try:
                return changes_from_json(edit_log.read_changes(self._database, revision))
            except ValueError as error:
                raise StoreError(
                    say(
                        "The edit {revision} of this project cannot be understood any more ({error}), "
                        "so it cannot be taken back or repeated. Nothing has changed.",
                        revision=revision,
                        error=error,
                    )
                ) from error

    def commit(self, changes: Changes, *, description: str, annotator: str) -> int:
        """Write what an edit has changed, and the edit itself, in one transaction.

        When this returns, the edit is on the disk. When it raises, nothing of it is; the same
        changes can be tried again.

        Args:
            changes: From ``apply``, in the order in which they were made; empty ones write nothing.
            description: What the edit was, as the undo menu says.
            annotator: Who made it.

        Returns:
            The revision of the project, which rises by one with every edit.

        Raises:
            StoreError: It cannot be written.
        """
        with self._inside(f"could not be saved (“{description}”)"):
            self._refuse_to_write()
            if changes.is_empty:
                return self._revision
            self._database.execute("BEGIN IMMEDIATE")
            try:
                revision = self._write(changes, description=description, annotator=annotator)
                self._database.execute("COMMIT")
            finally:
                self._roll_back()
            self._revision = revision
        return revision

    def backup(self) -> Path | None:
        """Copy the database into ``backups/``; the oldest copies beyond ten are deleted.

        Returns:
            The new backup; None if nothing has changed since the newest one.

        Raises:
            StoreError: It cannot be written.
        """
        with self._inside("could not be backed up"):
            self._refuse_to_write()
            return backups.make_backup(self._database, self._folder, made_at=self._clock())

    def checkpoint(self) -> None:
        """Fold the write-ahead log into the database; for idle moments.

        Raises:
            StoreError: It cannot be written; the log still holds everything.
        """
        with self._inside("could not be tidied up"):
            if not self.read_only:
                self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def close(self) -> None:
        """Close the database and let others write; a second call does nothing.

        Waits for a commit that another thread is in. Everything acknowledged is on the disk
        already, so nothing here can lose it.
        """
        with self._mutex:
            if self._is_closed:
                return
            self._is_closed = True
            # The last connection folds the log in and removes it.
            kept = log_left_alone(self._path) if self._is_suspect else nullcontext()
            try:
                with kept:
                    self._database.close()
            except sqlite3.Error as error:
                log.warning("closing %s: %s", self._path, error)
            finally:
                if self._lock is not None:
                    self._lock.release()

    def __enter__(self) -> ProjectStore:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _inside(self, what: str) -> Iterator[None]:
        """Keep other threads out, and turn what SQLite raises into a sentence."""
        with self._mutex:
            if self._is_closed:
                raise StoreError(
                    say(
                        "The project “{folder}” {what}: it is closed. Open it again.",
                        folder=self._folder,
                        what=what,
                    )
                )
            with in_words(f"The project “{self._folder}” {what}", self._path):
                yield

    def _write(self, changes: Changes, *, description: str, annotator: str) -> int:
        try:
            if edit_log.last_revision(self._database) != self._revision:
                raise StaleRowsError(say("another program has written"))
            write_changes(self._database, changes)
            return edit_log.append(
                self._database,
                changes,
                made_at=self._clock().isoformat(),
                annotator=annotator,
                description=description,
            )
        except (StaleRowsError, sqlite3.IntegrityError) as error:
            raise StoreError(
                say(
                    "“{description}” could not be saved: the project “{folder}” was changed by "
                    "another program. Close it and open it again to see what is on the disk.",
                    description=description,
                    folder=self._folder,
                )
            ) from error

    def _refuse_to_write(self) -> None:
        if self._read_only_reason:
            raise StoreError(self._read_only_reason)
        # SQLite goes on writing into a file that was deleted under it, and nobody would ever know.
        if self._file_id != _file_id(self._path):
            raise StoreError(
                say(
                    "The project folder “{folder}” was moved or deleted while it was open. Put it "
                    "back and try again; until then nothing can be saved.",
                    folder=self._folder,
                )
            )

    def _roll_back(self) -> None:
        """End a transaction that is still open; what was committed stays."""
        if self._database.in_transaction:
            try:
                self._database.execute("ROLLBACK")
            except sqlite3.Error as error:
                log.warning("rolling back in %s: %s", self._path, error)


_ASKED_TO_READ = "This project was opened to be read; open it for editing to change it."


def _try_to_lock(folder: Path) -> tuple[ProjectLock | None, str]:
    """Return the lock, or None and the sentence that says why the project can only be read."""
    try:
        return ProjectLock(folder), ""
    except AlreadyLockedError:
        return None, _open_elsewhere(folder)
    except OSError as error:
        return None, _write_protected(folder, error.strerror or str(error))


def _open_elsewhere(folder: Path) -> str:
    return say(
        "The project “{file}” is open in another window. Close it there to edit it "
        "here; until then it can only be read.",
        file=folder.name,
    )


def _write_protected(folder: Path, why: str) -> str:
    return say(
        "The project “{file}” can only be read ({why}). Allow writing to “{folder}”, "
        "or copy it to a folder of yours, to edit it.",
        file=folder.name,
        why=why,
        folder=folder,
    )


def _disk_troubled(folder: Path, why: str) -> str:
    return say(
        "The project “{file}” can only be read, because its disk is full or cannot be written "
        "({why}). Free some space on the disk of “{folder}”, check that it is healthy, and open "
        "the project again to edit it.",
        file=folder.name,
        why=why,
        folder=folder,
    )


def _file_id(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another of the same name; None if it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
