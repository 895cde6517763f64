"""Taking out of a damaged database what SQLite can still read, row by row.

The damaged files are only read. What is missing around the labels (a video, a track, the schema) is
taken from the newest backup that can be read, and what then still fits nowhere is counted.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from cast_studio.core.labels import LabelSchema
from cast_studio.core.project import FORMAT_VERSION, Project
from cast_studio.core.reviewed import ReviewedRange
from cast_studio.core.tracks import Segment, Track, sort_key
from cast_studio.errors import StoreError
from cast_studio.said import say
from cast_studio.storage.backup_contents import read_backup
from cast_studio.storage.backups import list_backups
from cast_studio.storage.connection import DATABASE_NAME
from cast_studio.storage.older_rows import read_any_schema, read_any_track, read_any_video
from cast_studio.storage.reviewed_rows import read_reviewed
from cast_studio.storage.rows import from_stored, read_model, read_segment
from cast_studio.storage.schema import format_version

_Value = TypeVar("_Value")
_Row = Mapping[str, object]

_WITHOUT_REVIEWED = 1
"""The version of the tables that had no reviewed ranges yet."""

_MOST_STEPS = 64
"""How often a gap between rows that can be read is halved."""


@dataclass(frozen=True, slots=True)
class Salvage:
    """What came out of a damaged database.

    Attributes:
        project: What could be read, and fits together.
        segments: Labels in it.
        lost: What could not be kept, in words: "3 labels whose track is gone".
        backup: The backup that lent what surrounds the labels; None if none was needed.
    """

    project: Project
    segments: int
    lost: tuple[str, ...] = ()
    backup: Path | None = None

    @property
    def sentence(self) -> str:
        """What was saved and what was not."""
        text = f"{self.segments:,} labels in {len(self.project.videos):,} videos could be read."
        if self.lost:
            text += f" Not saved: {'; '.join(self.lost)}."
        if self.backup is not None:
            text += f" What surrounds them was completed from the backup “{self.backup.name}”."
        return text


@dataclass(slots=True)
class _Found:
    """Rows of the damaged database, by table, and how often a table could not be read on."""

    rows: dict[str, list[_Row]] = field(default_factory=lambda: defaultdict(list))
    gaps: Counter[str] = field(default_factory=Counter)


def salvage(folder: Path) -> Salvage:
    """Read what can be read of a damaged project.

    Raises:
        StoreError: Nothing at all can be read, and there is no backup either.
    """
    found = _read_rows(folder / DATABASE_NAME)
    backup, lender = _newest_readable(folder)
    return _put_together(folder, found, backup, lender)


def _read_rows(path: Path) -> _Found:
    """Read all tables of a copy: opening the original could fold a log into it."""
    found = _Found()
    with tempfile.TemporaryDirectory(prefix="cast-studio-salvage-") as name:
        copy = Path(name) / DATABASE_NAME
        for suffix in ("", "-wal"):
            with suppress(OSError):
                shutil.copyfile(f"{path}{suffix}", f"{copy}{suffix}")
        with suppress(sqlite3.Error), closing(sqlite3.connect(copy)) as database:
            with suppress(sqlite3.Error):
                database.execute(
                    "PRAGMA writable_schema = ON"
                )  # a damaged schema is read all the same
            for table in _tables_in(database):
                found.rows[table].extend(_rows_of(database, table, found.gaps))
    return found


_TABLES = ("project", "heads", "classes", "videos", "tracks", "models", "reviewed", "segments")


def _tables_in(database: sqlite3.Connection) -> Iterator[str]:
    """Yield the tables to read; those that its version does not have are no loss."""
    version = FORMAT_VERSION
    with suppress(sqlite3.Error):
        version = format_version(database)
    for table in _TABLES:
        if table != "reviewed" or version != _WITHOUT_REVIEWED:
            yield table


def _rows_of(database: sqlite3.Connection, table: str, gaps: Counter[str]) -> Iterator[_Row]:
    """Yield the rows of a table in the order of their row ids, around what cannot be read."""
    after = -1
    while True:
        last = after
        try:
            rows = database.execute(
                f"SELECT rowid, * FROM {table} NOT INDEXED WHERE rowid > ? ORDER BY rowid", (after,)
            )
            names = [column[0] for column in rows.description][1:]
            for rowid, *values in rows:
                last = int(rowid)
                with suppress(ValueError):
                    yield dict(zip(names, map(from_stored, values), strict=True))
            return
        except sqlite3.DatabaseError:
            gaps[table] += 1
        beyond = _next_readable(database, table, last)
        if beyond is None:
            return
        after = beyond - 1


def _next_readable(database: sqlite3.Connection, table: str, after: int) -> int | None:
    """Return the first row id behind a damaged place, near enough; None if there is none."""
    with suppress(sqlite3.DatabaseError):
        row = database.execute(
            f"SELECT rowid FROM {table} NOT INDEXED ORDER BY rowid DESC LIMIT 1"
        ).fetchone()
        high = int(row[0]) if row else after
        if high <= after + 1:
            return high if high > after else None
        low = after + 1
        for _ in range(_MOST_STEPS):
            if low + 1 >= high:
                break
            middle = (low + high) // 2
            if _can_read(database, table, middle):
                high = middle
            else:
                low = middle
        return high
    return None


def _can_read(database: sqlite3.Connection, table: str, rowid: int) -> bool:
    try:
        database.execute(f"SELECT * FROM {table} NOT INDEXED WHERE rowid = ?", (rowid,)).fetchone()
    except sqlite3.DatabaseError:
        return False
    return True


def _newest_readable(folder: Path) -> tuple[Path | None, Project | None]:
    for backup in reversed(list_backups(folder)):
        with suppress(StoreError):
            return backup, read_backup(backup)
    return None, None


def _put_together(
    folder: Path, found: _Found, backup: Path | None, lender: Project | None
) -> Salvage:
    lost = [f"a part of the table “{table}”" for table, gaps in found.gaps.items() if gaps]
    videos = _parsed(found.rows["videos"], read_any_video)
    tracks = _parsed(found.rows["tracks"], read_any_track)
    schema = _schema(found, lender)
    has_borrowed = False
    if lender is not None:
        count = len(videos) + len(tracks)
        is_gappy = bool(found.gaps["videos"] or found.gaps["tracks"] or not videos)
        if is_gappy:
            videos = {**{video.id: video for video in lender.videos}, **videos}
            tracks = {**{t.id: replace(t, segments=()) for t in lender.tracks}, **tracks}
        has_borrowed = len(videos) + len(tracks) > count
    if schema is None or not videos:
        raise StoreError(
            say(
                "Nothing of “{folder}” could be read, and it has no backup that can be. The "
                "damaged files were left as they are; restore the folder from a copy of yours.",
                folder=folder,
            )
        )
    tracks = {key: track for key, track in tracks.items() if track.video_id in videos}
    filled, n_segments = _fill(found, tracks, schema, lost)
    row = found.rows["project"][0] if found.rows["project"] else {}
    project = Project(
        FORMAT_VERSION,
        str(row.get("id") or (lender.id if lender else folder.stem)),
        str(row.get("name") or (lender.name if lender else folder.stem)),
        schema,
        tuple(videos.values()),
        filled,
        tuple(_parsed(found.rows["models"], read_model).values()),
        tuple(_reviewed(found, videos.keys(), lost)),
    )
    return Salvage(project, n_segments, tuple(lost), backup if has_borrowed else None)


def _reviewed(found: _Found, video_ids: Set[str], lost: list[str]) -> Iterator[ReviewedRange]:
    rows = found.rows["reviewed"]
    kept = [r for r in _parsed(rows, read_reviewed).values() if r.video_id in video_ids]
    if len(kept) < len(rows):
        lost.append(f"{len(rows) - len(kept):,} reviewed ranges that make no sense any more")
    yield from kept


def _schema(found: _Found, lender: Project | None) -> LabelSchema | None:
    with suppress(ValueError, KeyError, TypeError):
        heads = sorted(found.rows["heads"], key=_position)
        classes = sorted(found.rows["classes"], key=lambda row: (str(row["head"]), _position(row)))
        read = read_any_schema(heads, classes)
        if read.heads and not found.gaps["classes"] and not found.gaps["heads"]:
            return read
    return lender.schema if lender is not None else None


def _position(row: _Row) -> int:
    return int(str(row["position"]))


def _fill(
    found: _Found, tracks: Mapping[str, Track], schema: LabelSchema, lost: list[str]
) -> tuple[tuple[Track, ...], int]:
    """Put the segments on their tracks; one that overlaps where it may not is kept all the same."""
    by_track: defaultdict[str, dict[str, Segment]] = defaultdict(dict)
    reasons: Counter[str] = Counter()
    for row in found.rows["segments"]:
        try:
            segment = read_segment(row)
        except (ValueError, KeyError, TypeError):
            reasons["that make no sense"] += 1
            continue
        track_id = str(row.get("track_id"))
        if track_id not in tracks:
            reasons["whose track is gone"] += 1
            continue
        known = {
            head: class_id
            for head, class_id in segment.labels.items()
            if schema.has_head(head) and schema.head(head).has_class(class_id)
        }
        by_track[track_id][segment.id] = replace(segment, labels=known)
    lost += [f"{count:,} labels {why}" for why, count in reasons.items()]
    filled = []
    for track in tracks.values():
        segments = tuple(sorted(by_track[track.id].values(), key=sort_key))
        try:
            filled.append(replace(track, segments=segments))
        except ValueError:
            filled.append(replace(track, segments=segments, exclusive=False))
    return tuple(filled), sum(len(track.segments) for track in filled)


def _parsed(rows: list[_Row], read: Callable[[_Row], _Value]) -> dict[str, _Value]:
    values: dict[str, _Value] = {}
    for row in rows:
        with suppress(ValueError, KeyError, TypeError):
            values[str(row["id"])] = read(row)
    return values
