"""Taking out of a damaged database what SQLite can still read, row by row.

The damaged files are only read. What cannot be read is taken from the project's own history, which
has every row once more; where that is damaged too, what surrounds the labels (a video, a track, the
schema) is taken from the newest backup that can be read. What then still fits nowhere is counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema, color_for
from cast_studio.core.project import FORMAT_VERSION, Project
from cast_studio.core.reviewed import ReviewedRange
from cast_studio.core.tracks import Segment, Track, sort_key
from cast_studio.errors import StoreError
from cast_studio.said import say
from cast_studio.storage.backup_contents import read_backup
from cast_studio.storage.backups import list_backups
from cast_studio.storage.connection import DATABASE_NAME
from cast_studio.storage.damaged_rows import DamagedRows, Row, read_damaged
from cast_studio.storage.older_rows import read_any_schema, read_any_track, read_any_video
from cast_studio.storage.reviewed_rows import read_reviewed
from cast_studio.storage.rows import read_model, read_segment

_Value = TypeVar("_Value")
_Labels = Mapping[str, int]

_UNREADABLE = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class Salvage:
    """What came out of a damaged database.

    Attributes:
        project: What could be read, and fits together.
        segments: Labels in it.
        lost: What could not be kept, in words: "3 labels whose track is gone".
        backup: The backup that lent what surrounds the labels; None if none was needed.
        used_history: Whether rows that cannot be read were taken from the history of edits.
    """

    project: Project
    segments: int
    lost: tuple[str, ...] = ()
    backup: Path | None = None
    used_history: bool = False

    @property
    def sentence(self) -> str:
        """What was saved and what was not."""
        text = f"{self.segments:,} labels in {len(self.project.videos):,} videos could be read."
        if self.lost:
            text += f" Not saved: {'; '.join(self.lost)}."
        if self.used_history:
            text += " What could not be read in its tables was taken from its history of edits."
        if self.backup is not None:
            text += f" What surrounds them was completed from the backup “{self.backup.name}”."
        return text


def salvage(folder: Path) -> Salvage:
    """Read what can be read of a damaged project.

    Raises:
        StoreError: Nothing at all can be read, and there is no backup either.
    """
    found = read_damaged(folder / DATABASE_NAME)
    backup, lender = _newest_readable(folder)
    return _put_together(folder, found, backup, lender)


def _newest_readable(folder: Path) -> tuple[Path | None, Project | None]:
    for backup in reversed(list_backups(folder)):
        with suppress(StoreError):
            return backup, read_backup(backup)
    return None, None


def _put_together(
    folder: Path, found: DamagedRows, backup: Path | None, lender: Project | None
) -> Salvage:
    used_history = _complete_from_history(found)
    lost = list(_gaps(found))
    videos = _parsed(found.rows["videos"], read_any_video)
    tracks = _parsed(found.rows["tracks"], read_any_track)
    schemas = tuple(_schemas(found, lender))
    has_borrowed = bool(schemas) and lender is not None and schemas[0] is lender.schema
    if lender is not None and (found.gaps["videos"] or found.gaps["tracks"] or not videos):
        count = len(videos) + len(tracks)
        videos = {**{video.id: video for video in lender.videos}, **videos}
        tracks = {**{t.id: replace(t, segments=()) for t in lender.tracks}, **tracks}
        has_borrowed |= len(videos) + len(tracks) > count
    if not videos and not any(head.classes for schema in schemas for head in schema.heads):
        raise StoreError(
            say(
                "Nothing of “{folder}” could be read, and it has no backup that can be. The "
                "damaged files were left as they are; restore the folder from a copy of yours.",
                folder=folder,
            )
        )
    tracks = {key: track for key, track in tracks.items() if track.video_id in videos}
    filled = _filled(found, tracks, lost)
    row = found.rows["project"][0] if found.rows["project"] else {}
    project = Project(
        FORMAT_VERSION,
        str(row.get("id") or (lender.id if lender else folder.stem)),
        str(row.get("name") or (lender.name if lender else folder.stem)),
        _with_all_classes(schemas, filled, lost),
        tuple(videos.values()),
        filled,
        tuple(_parsed(found.rows["models"], read_model).values()),
        tuple(_reviewed(found, videos.keys(), lost)),
    )
    n_segments = sum(len(track.segments) for track in filled)
    borrowed_from = backup if has_borrowed else None
    return Salvage(project, n_segments, tuple(lost), borrowed_from, used_history)


def _complete_from_history(found: DamagedRows) -> bool:
    """Add rows to the tables that only the history has; return whether there were any.

    Where edits are missing, a label that stands in no table may have been removed by one of them;
    a video and a track without labels cost nothing.
    """
    history, used = found.history, False
    for table, known in history.rows.items():
        if not history.is_whole and (table not in ("videos", "tracks") or not found.gaps[table]):
            continue
        rows = found.rows[table]
        kept = [row for row in rows if not _is_spoiled(row)] if history.is_whole else rows
        read = {str(row.get("id")) for row in kept}
        added = [row for key, row in known.items() if key not in read]
        found.rows[table] = [*kept, *added]
        used |= bool(added)
    return used


def _is_spoiled(row: Row) -> bool:
    return any(isinstance(value, str) and _UNREADABLE in value for value in row.values())


def _gaps(found: DamagedRows) -> Iterator[str]:
    if found.has_foreign_log:
        yield f"what “{DATABASE_NAME}-wal” holds, which does not fit the database"
    in_history = found.history.rows.keys() | {"heads", "classes"}
    for table, gaps in found.gaps.items():
        if gaps and not (found.history.is_whole and table in in_history):
            yield f"a part of the table “{table}”"
    if found.spoiled_texts and not found.history.is_whole:
        yield f"characters of {found.spoiled_texts:,} texts"


def _reviewed(found: DamagedRows, video_ids: Set[str], lost: list[str]) -> Iterator[ReviewedRange]:
    rows = found.rows["reviewed"]
    kept = [r for r in _parsed(rows, read_reviewed).values() if r.video_id in video_ids]
    if len(kept) < len(rows):
        lost.append(f"{len(rows) - len(kept):,} reviewed ranges that make no sense any more")
    yield from kept


def _schemas(found: DamagedRows, lender: Project | None) -> Iterator[LabelSchema]:
    """Yield the label schemas that can be read, the most certain first."""
    history = found.history
    if history.is_whole and history.schema is not None:
        yield history.schema
    with suppress(ValueError, KeyError, TypeError):
        heads = sorted(found.rows["heads"], key=_position)
        classes = sorted(found.rows["classes"], key=lambda row: (str(row["head"]), _position(row)))
        read = read_any_schema(heads, classes)
        if read.heads and not found.gaps["classes"] and not found.gaps["heads"]:
            yield read
    if history.schema is not None:
        yield history.schema
    if lender is not None:
        yield lender.schema
    yield LabelSchema(tuple(_single_classes(found)))


def _position(row: Row) -> int:
    return int(str(row["position"]))


def _single_classes(found: DamagedRows) -> Iterator[LabelHead]:
    """Yield heads with those classes that can be read one by one."""
    heads: defaultdict[str, dict[int, LabelClass]] = defaultdict(dict)
    for row in found.rows["classes"]:
        with suppress(ValueError, KeyError, TypeError):
            one = read_any_schema([{"name": row["head"]}], [row]).heads[0]
            heads[one.name].update((found.id, found) for found in one.classes)
    for name, classes in heads.items():
        by_name = {one.name: one for one in classes.values()}
        with suppress(ValueError):
            yield LabelHead(name, tuple(by_name.values()))


def _with_all_classes(
    schemas: Iterable[LabelSchema], tracks: Iterable[Track], lost: list[str]
) -> LabelSchema:
    """Return the best schema with every class that a label has, so that none loses it."""
    best, *others = schemas
    heads = {head.name: {one.id: one for one in head.classes} for head in best.heads}
    used = {
        label for track in tracks for segment in track.segments for label in segment.labels.items()
    }
    nameless = 0
    for head, class_id in sorted(used):
        classes = heads.setdefault(head, {})
        if class_id in classes:
            continue
        known = (
            other.head(head).class_with_id(class_id)
            for other in others
            if other.has_head(head) and other.head(head).has_class(class_id)
        )
        named = next(known, None)
        nameless += named is None
        made = named or LabelClass(class_id, f"{head} {class_id}", color_for(class_id))
        taken = {one.name for one in classes.values()}
        name = made.name if made.name not in taken else f"{made.name} ({class_id})"
        classes[class_id] = replace(made, name=name)
    if nameless:
        lost.append(f"the names of {nameless:,} classes, which have their numbers instead")
    return LabelSchema(tuple(LabelHead(name, tuple(c.values())) for name, c in heads.items()))


def _filled(found: DamagedRows, tracks: Mapping[str, Track], lost: list[str]) -> tuple[Track, ...]:
    """Put the segments on their tracks; one that overlaps where it may not is kept all the same."""
    placed: dict[str, tuple[str, Segment]] = {}
    reasons: Counter[str] = Counter()
    for row in found.rows["segments"]:
        try:
            segment = read_segment(row)
            _refuse_labels(segment.labels)
        except (ValueError, KeyError, TypeError):
            reasons["that make no sense"] += 1
            continue
        place = str(row.get("track_id")), segment
        if place[0] not in tracks:
            reasons["whose track is gone"] += 1
        elif placed.setdefault(segment.id, place) != place:
            reasons["that have the id of another one"] += 1
    lost += [f"{count:,} labels {why}" for why, count in reasons.items()]
    by_track: defaultdict[str, list[Segment]] = defaultdict(list)
    for track_id, segment in placed.values():
        by_track[track_id].append(segment)
    filled = []
    for track in tracks.values():
        segments = tuple(sorted(by_track[track.id], key=sort_key))
        try:
            filled.append(replace(track, segments=segments))
        except ValueError:
            filled.append(replace(track, segments=segments, exclusive=False))
    return tuple(filled)


def _refuse_labels(labels: _Labels) -> None:
    """Raise ``ValueError`` for what no class can be made of."""
    if any(not head.strip() or class_id < 0 for head, class_id in labels.items()):
        raise ValueError("a label has no class")


def _parsed(rows: Iterable[Row], read: Callable[[Row], _Value]) -> dict[str, _Value]:
    values: dict[str, _Value] = {}
    for row in rows:
        with suppress(ValueError, KeyError, TypeError):
            values[str(row["id"])] = read(row)
    return values
