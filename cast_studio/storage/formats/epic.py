"""EPIC-KITCHENS-100: one CSV row of 15 columns for each narrated action.

Times are what the timestamps say: the first moment, and the first moment after. ``start_frame`` and
``stop_frame`` are counted from 1 and both inside. The text under ``verb`` and ``noun`` is what was
said (``pick-up``); the class is the number (0, ``take``). Rows that were imported are written back
as they were, character by character and in their order, until their label or time is changed; then
only what has changed is written anew. The file is read by programs: text that a spreadsheet would
run is written as it is, and counted in the report.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cast_studio.core.imports import (
    Imported,
    ImportedRow,
    NamedClass,
    Refusals,
)
from cast_studio.core.predictions import PredictionTrack
from cast_studio.core.project import Project, VideoRef
from cast_studio.core.timing import FrameIndex
from cast_studio.errors import ImportFileError
from cast_studio.said import say
from cast_studio.storage.formats import ExportReport, Tell, tell_nobody
from cast_studio.storage.formats.epic_frames import (
    frames_at_rate,
    official_names,
    rate_of,
    seconds_of,
)
from cast_studio.storage.formats.epic_rows import COLUMNS, ROW, EpicRows
from cast_studio.storage.formats.spreadsheet_text import defuse
from cast_studio.storage.formats.text_tables import Table, TableRow, first_cells, open_table
from cast_studio.storage.formats.writing_tables import writing_table

_NEEDED = ("video_id", "start_timestamp", "stop_timestamp")
_MARKS = frozenset((*_NEEDED, "narration_id"))
_VIDEO_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_. -]{0,199}")
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_KINDS = ("verb", "noun")
_TRACK = "EPIC-KITCHENS"
_SUFFIX = ".MP4"


@dataclass(frozen=True, slots=True)
class EpicFormat:
    """The format as the registry knows it."""

    name: str = "epic"
    title: str = "EPIC-KITCHENS-100 CSV"
    suffix: str = ".csv"
    cannot_carry: str = (
        "EPIC-KITCHENS-100 has no place for heads other than “verb” and “noun”, tracks, annotators, "
        "subjects, notes, what is reviewed, predictions, colors, keys, and descriptions; times of "
        "new labels are rounded to a hundredth of a second."
    )

    writes_predictions: bool = False

    def recognizes(self, start: bytes) -> bool:
        """Return whether the header has the names that all files of the data set share."""
        return first_cells(start) >= _MARKS

    def read(self, path: Path, *, tell: Tell = tell_nobody) -> Imported:
        """Read the rows; see :class:`~cast_studio.storage.formats.Format`."""
        with open_table(path, tell) as table:
            missing = [name for name in _NEEDED if name not in table.columns]
            if missing:
                raise ImportFileError(
                    say(
                        "“{path}” is not a file of EPIC-KITCHENS: it lacks the column “{missing}”. "
                        "Choose another file or another format.",
                        path=path,
                        missing=missing[0],
                    )
                )
            return _Reader(table).read()

    def wants_frames_of(self, project: Project) -> Set[str]:
        """Return the videos with new labels that are not of the data set, whose rates are known."""
        return EpicRows(project, {}).unknown_frames()

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
        """Write the labels; see :class:`~cast_studio.storage.formats.Format`."""
        writer = EpicRows(project, frame_indexes or {})
        with writing_table(path, COLUMNS, line_end="\n") as table:
            rows = writer.rows()
            for number, row in enumerate(rows):
                if number % 1000 == 0:
                    tell(number, len(rows))
                table.write(row)
        tell(len(rows), len(rows))
        return ExportReport(path=Path(path), rows=len(rows), notes=tuple(writer.notes()))


FORMAT = EpicFormat()


class _Reader:
    """Reads one table, and counts what is remarkable about it."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._refused = Refusals()
        self._said: Counter[tuple[str, int, str]] = Counter()
        self._official: set[tuple[str, int]] = set()
        self._names: dict[tuple[str, int], str] = {}
        self._texts: dict[str, str] = {}
        self._runnable: set[str] = set()
        self._videos: dict[str, VideoRef] = {}
        self._irregular = self._untimed = self._formulas = 0

    def read(self) -> Imported:
        found: list[tuple[int, int, dict[str, str]]] = []
        read = 0
        for row in self._table.rows:
            read += 1
            cells = self._accepted(row)
            if cells is not None:
                found.append((row.line, read, cells))
        self._choose_names()
        return Imported(
            read=read,
            rows=[self._row(line, number, cells) for line, number, cells in found],
            videos=self._videos,
            refused=self._refused,
            notes=tuple(self._notes()),
            track=_TRACK,
        )

    def _accepted(self, row: TableRow) -> dict[str, str] | None:
        """Return the cells of a row that can be taken over, else refuse it."""
        if row.cells is None:
            wanted = len(self._table.columns)
            self._refused.add(row.line, f"it has {row.count} cells instead of {wanted}")
            return None
        problem = self._problem(row.cells)
        if problem:
            self._refused.add(row.line, problem)
            return None
        cells = {name: self._shared(text) for name, text in row.cells.items()}
        self._count(cells)
        return cells

    def _shared(self, text: str) -> str:
        """Return an equal text: the same words come again and again, and are kept once."""
        known = self._texts.get(text)
        if known is None:
            known = self._texts[text] = text
            if defuse(text) != text:
                self._runnable.add(text)
        return known

    @staticmethod
    def _problem(cells: Mapping[str, str]) -> str:
        if not _VIDEO_NAME.fullmatch(cells["video_id"]) or ".." in cells["video_id"]:
            return f"“{_short(cells['video_id'])}” is not the id of a video"
        start, stop = (seconds_of(cells[f"{end}_timestamp"]) for end in ("start", "stop"))
        for name, time in (("start_timestamp", start), ("stop_timestamp", stop)):
            if time is None:
                return f"“{_short(cells[name])}” in “{name}” is not a time such as 00:01:02.34"
        for kind in _KINDS:
            number = cells.get(f"{kind}_class", "")
            if number and not _NUMBER.fullmatch(number):
                return f"“{_short(number)}” in “{kind}_class” is not the number of a class"
        return ""

    def _count(self, cells: Mapping[str, str]) -> None:
        name = cells["video_id"]
        if name not in self._videos:
            path = name if PurePosixPath(name).suffix else name + _SUFFIX
            self._videos[name] = VideoRef("", path, size_bytes=0, fingerprint="")
        for kind in _KINDS:
            number = cells.get(f"{kind}_class", "")
            if number:
                self._said[kind, int(number), cells.get(kind, "").strip()] += 1
                if rate_of(name) is not None:
                    self._official.add((kind, int(number)))
        self._untimed += cells.get("narration_timestamp") == ""
        self._irregular += _is_irregular(cells)
        if self._runnable:
            self._formulas += not self._runnable.isdisjoint(cells.values())

    def _choose_names(self) -> None:
        """Call classes of the data set's videos what it calls them, others what most rows do."""
        for (kind, number, said), _ in self._said.most_common():
            is_official = (kind, number) in self._official
            known = official_names(kind).get(number) if is_official else None
            if (kind, number) not in self._names:
                self._names[kind, number] = known or said or f"{kind} {number}"
        self._tell_apart()

    def _tell_apart(self) -> None:
        taken: set[tuple[str, str]] = set()
        for (kind, number), name in sorted(self._names.items()):
            if (kind, name) in taken:
                self._names[kind, number] = f"{name} ({number})"
            taken.add((kind, self._names[kind, number]))

    def _row(self, line: int, number: int, cells: dict[str, str]) -> ImportedRow:
        start, stop = (seconds_of(cells[f"{end}_timestamp"]) for end in ("start", "stop"))
        assert start is not None
        assert stop is not None
        labels = {}
        for kind in _KINDS:
            class_id = cells.get(f"{kind}_class", "")
            if class_id:
                labels[kind] = NamedClass(self._names[kind, int(class_id)], int(class_id))
        return ImportedRow(
            line=line,
            video=cells["video_id"],
            start=start,
            stop=stop,
            labels=labels,
            segment_id=_segment_id(cells),
            attributes={**cells, ROW: str(number)},
        )

    def _notes(self) -> Iterator[str]:
        known = set(COLUMNS)
        extra = [name for name in self._table.columns if name not in known]
        if extra:
            yield (
                f"Columns that the format does not have: {', '.join(map(_short, extra[:5]))}; they "
                "are kept with each segment, but written by no EPIC-KITCHENS file."
            )
        if self._irregular:
            yield (
                f"Rows whose frames do not follow from their times: {self._irregular:,}; kept as "
                "they are, the times count."
            )
        if self._untimed:
            yield f"Rows without narration_timestamp: {self._untimed:,}; kept as they are."
        if self._formulas:
            yield (
                f"Rows with text that a spreadsheet would run as a formula: {self._formulas:,}; "
                "kept as text."
            )


def _segment_id(cells: Mapping[str, str]) -> str:
    """Return an id that is the same when the row is read again, and no other video's."""
    narration_id, video_id = cells.get("narration_id", ""), cells["video_id"]
    if not narration_id or narration_id.startswith(f"{video_id}_"):
        return narration_id
    return f"{video_id}:{narration_id}"


def _is_irregular(cells: Mapping[str, str]) -> bool:
    rate = rate_of(cells["video_id"])
    start, stop = (seconds_of(cells[f"{end}_timestamp"]) for end in ("start", "stop"))
    if rate is None or start is None or stop is None:
        return False
    expected = frames_at_rate(start, stop, rate)
    return tuple(cells.get(f"{end}_frame", "") for end in ("start", "stop")) != (
        str(expected[0]),
        str(expected[1]),
    )


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
