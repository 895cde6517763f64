"""The whole project as text that version control understands: one line for each row.

Written twice, the same project gives the same bytes: lines are in the project's own order, keys in
one order, numbers exactly as they are. Reading gives back the project that was written. Whatever the
database keeps of a row stands here too, under the same names; JSON in a column is JSON here.
Predictions, backups and the history of edits belong to the folder and are not written.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TextIO

from cast_studio.core.imports import (
    Imported,
    ImportedRow,
    NamedClass,
    Refusals,
)
from cast_studio.core.json_fields import Fields
from cast_studio.core.labels import LabelSchema
from cast_studio.core.predictions import PredictionTrack
from cast_studio.core.project import FORMAT_VERSION, Project, VideoRef
from cast_studio.core.timing import FrameIndex
from cast_studio.core.tracks import Segment, Track, sort_key
from cast_studio.errors import ImportFileError
from cast_studio.said import say
from cast_studio.storage.formats import ExportReport, Tell, tell_nobody
from cast_studio.storage.formats.text_tables import in_words, opened
from cast_studio.storage.formats.writing_tables import writing_text
from cast_studio.storage.older_rows import read_any_track, read_any_video
from cast_studio.storage.reviewed_rows import read_reviewed, reviewed_row
from cast_studio.storage.rows import (
    model_row,
    read_model,
    read_segment,
    segment_row,
    to_json_text,
    track_row,
    video_row,
)

LARGEST = 2**29
"""Bytes of a file: some millions of segments. It is held in memory while it is read."""

_MARK = "cast_studio_project"
_JSON_COLUMNS = frozenset({"labels", "attributes", "heads"})
_TELL_EVERY = 1_000
_HIGHEST_CLASS = 10**9


@dataclass(frozen=True, slots=True)
class JsonFormat:
    """The format as the registry knows it."""

    name: str = "json"
    title: str = "CAST Studio project as JSON"
    suffix: str = ".json"
    cannot_carry: str = "The JSON has no place for predictions and for the history of edits."

    writes_predictions: bool = False

    def recognizes(self, start: bytes) -> bool:
        """Return whether a file begins as :meth:`write` begins it."""
        text = start[:200].decode("utf-8-sig", "ignore").lstrip()
        return text.startswith("{") and f'"{_MARK}"' in text

    def read(self, path: Path, *, tell: Tell = tell_nobody) -> Imported:
        """Read a project; see :class:`~cast_studio.storage.formats.Format`."""
        return as_imported(read_project(path, tell=tell))

    def wants_frames_of(self, project: Project) -> Set[str]:
        """Return none: times are ticks."""
        return frozenset()

    def write(
        self,
        path: Path,
        project: Project,
        *,
        predictions: Sequence[PredictionTrack] = (),
        frame_indexes: Mapping[str, FrameIndex] | None = None,
        origins: Sequence[PredictionTrack] = (),
        tell: Tell = tell_nobody,
    ) -> ExportReport:
        """Write the project; see :class:`~cast_studio.storage.formats.Format`."""
        rows = sum(len(track.segments) for track in project.tracks)
        with writing_text(path) as text:
            _Writer(text, rows, tell).write(project)
        return ExportReport(path=Path(path), rows=rows)


FORMAT = JsonFormat()


class _Writer:
    def __init__(self, text: TextIO, total: int, tell: Tell) -> None:
        self._text = text
        self._total = total
        self._tell = tell
        self._done = 0

    def write(self, project: Project) -> None:
        put = self._text.write
        put(f'{{"{_MARK}": {project.format_version},\n')
        put(f'"id": {to_json_text(project.id)},\n"name": {to_json_text(project.name)},\n')
        put('"heads": [')
        self._list(self._heads(project.schema))
        put('],\n"videos": [')
        self._list(_line(video_row(video)) for video in project.videos)
        put('],\n"models": [')
        self._list(_line(model_row(model)) for model in project.models)
        put('],\n"reviewed": [')
        self._list(_line(reviewed_row(found)) for found in project.reviewed)
        put('],\n"tracks": [')
        self._list(self._tracks(project))
        put("]}\n")
        self._tell(self._total, self._total)

    def _list(self, lines: Iterable[str]) -> None:
        for number, line in enumerate(lines):
            self._text.write(("\n" if number == 0 else ",\n") + line)

    @staticmethod
    def _heads(schema: LabelSchema) -> Iterator[str]:
        for head in schema.heads:
            classes = ",\n".join(to_json_text(found.to_json()) for found in head.classes)
            yield f'{{"name":{to_json_text(head.name)},"classes":[\n{classes}]}}'

    def _tracks(self, project: Project) -> Iterator[str]:
        for track in project.tracks:
            rows = ",\n".join(self._segments(track))
            yield f'{_line(track_row(track))[:-1]},"segments":[\n{rows}]}}'

    def _segments(self, track: Track) -> Iterator[str]:
        for segment in track.segments:
            if self._done % _TELL_EVERY == 0:
                self._tell(self._done, self._total)
            self._done += 1
            row = dict(segment_row(segment, track.id))
            # The track around it says which one it is in.
            del row["track_id"]
            yield _line(row)


def _line(row: Mapping[str, object]) -> str:
    """Return a row as one line; what is JSON already goes in as it is."""
    fields = (
        f"{to_json_text(name)}:{value if name in _JSON_COLUMNS else to_json_text(value)}"
        for name, value in row.items()
    )
    return f"{{{','.join(fields)}}}"


def read_project(path: Path, *, tell: Tell = tell_nobody) -> Project:
    """Read the project that was written to a file.

    Args:
        path: The file.
        tell: Is told how much is read; may raise to stop.

    Raises:
        ImportFileError: It cannot be read, is from a newer version, or holds what does not fit;
            nothing is skipped.
    """
    path = Path(path)
    with opened(path) as file, in_words(path):
        if path.stat().st_size > LARGEST:
            raise ImportFileError(
                say(
                    "“{path}” is larger than {largest} MiB, so it is no project that can be read. "
                    "Choose another file.",
                    path=path,
                    largest=LARGEST // 2**20,
                )
            )
        tell(0, 1)
        text = file.read(LARGEST).decode("utf-8-sig")
    try:
        values: object = json.loads(
            text,
            object_pairs_hook=_once,
            parse_constant=_no_number,
            parse_float=_finite,
            parse_int=_storable,
        )
        del text
        return _project(Fields(values, where="the file"), tell)
    except ImportFileError as error:
        raise ImportFileError(say("“{path}” {error}", path=path, error=error)) from error
    except (ValueError, KeyError, RecursionError, OverflowError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise ImportFileError(
            say(
                "“{path}” is not a project of CAST Studio that can be read: {text}. Nothing of "
                "it was taken over; export it again.",
                path=path,
                text=why.rstrip("."),
            )
        ) from error


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f'an object has the field "{twice[:60]}" twice')
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"the number {text[:40]} is too large")
    return value


def _storable(text: str) -> int:
    # 64 bits, so never as long as what Python refuses to read.
    value = int(text[:40])
    if len(text) > 20 or not -(2**63) <= value < 2**63:
        raise ValueError(f"the number {text[:40]} is too large")
    return value


def _project(fields: Fields, tell: Tell) -> Project:
    version = fields.integer(_MARK)
    if version > FORMAT_VERSION:
        raise ImportFileError(
            say(
                "was written by a newer version of CAST Studio (project format {version}; this "
                "version reads up to {format_version}). Update CAST Studio to import it.",
                version=version,
                format_version=FORMAT_VERSION,
            )
        )
    tracks = fields.items("tracks")
    project = Project(
        format_version=FORMAT_VERSION,
        id=fields.text("id"),
        name=fields.text("name"),
        schema=LabelSchema.from_json({"heads": fields.items("heads")}),
        videos=tuple(read_any_video(_row(values, "video")) for values in fields.items("videos")),
        models=tuple(read_model(_row(values, "model")) for values in fields.items("models")),
        tracks=tuple(_tracks(tracks, tell)),
        reviewed=tuple(
            read_reviewed(_row(values, "reviewed range"))
            for values in (fields.items("reviewed") if fields.has("reviewed") else ())
        ),
    )
    _check(project)
    return project


def _tracks(tracks: Sequence[object], tell: Tell) -> Iterator[Track]:
    for number, values in enumerate(tracks):
        tell(number, len(tracks))
        fields = Fields(values, where="the track")
        segments = [_segment(found) for found in fields.items("segments")]
        yield read_any_track(_row(values, "track"), sorted(segments, key=sort_key))


def _segment(values: object) -> Segment:
    return read_segment(_row(values, "segment"))


def _row(values: object, what: str) -> Mapping[str, object]:
    """Return an object as a row of the database has it: JSON inside of it as text."""
    if not isinstance(values, dict):
        raise ValueError(f"a {what} is not a JSON object")
    return {
        name: to_json_text(value) if name in _JSON_COLUMNS else value
        for name, value in values.items()
    }


def _check(project: Project) -> None:
    """Refuse what a project could not be saved with."""
    known = {(head.name, found.id) for head in project.schema.heads for found in head.classes}
    highest = max((number for _, number in known), default=0)
    if highest >= _HIGHEST_CLASS:
        raise ValueError(f"the number {highest} of a class is not below {_HIGHEST_CLASS:,}")
    seen: set[str] = set()
    for track in project.tracks:
        for segment in track.segments:
            if segment.id in seen:
                raise ValueError(f"two segments have the id {segment.id[:60]}")
            seen.add(segment.id)
            unknown = segment.labels.items() - known
            if unknown:
                head, number = min(unknown)
                raise ValueError(f'a segment has the class {number} of "{head}", which is missing')
            if segment.score is not None and not 0 <= segment.score <= 1:
                raise ValueError(f"a segment has the score {segment.score}, not one from 0 to 1")


def as_imported(project: Project) -> Imported:
    """Return a whole project as rows for another one."""
    names = {
        (head.name, found.id): NamedClass(found.name, found.id)
        for head in project.schema.heads
        for found in head.classes
    }
    rows = [
        _imported_row(project.video(track.video_id), track, segment, names)
        for track in project.tracks
        for segment in track.segments
    ]
    notes = []
    if project.reviewed:
        notes.append(
            f"Reviewed ranges that only a new project takes over: {len(project.reviewed):,}."
        )
    if project.models:
        notes.append(f"Models that only a new project takes over: {len(project.models):,}.")
    return Imported(
        read=len(rows),
        rows=rows,
        videos={video.id: video for video in project.videos},
        refused=Refusals(),
        notes=tuple(notes),
        heads=project.schema.heads,
        whole=project,
    )


def _imported_row(
    video: VideoRef, track: Track, segment: Segment, names: Mapping[tuple[str, int], NamedClass]
) -> ImportedRow:
    return ImportedRow(
        line=0,
        video=video.id,
        start=segment.span.start * video.tick,
        stop=segment.span.end * video.tick,
        labels={head: names[head, number] for head, number in segment.labels.items()},
        track=track.name,
        annotator=track.annotator,
        segment_id=segment.id,
        origin=segment.origin,
        subject=segment.subject,
        note=segment.note,
        attributes=segment.attributes,
        model_id=segment.model_id,
        score=segment.score,
        created_at=segment.created_at,
        modified_at=segment.modified_at,
    )
