r"""The project's own CSV: one row per segment, UTF-8, RFC 4180 (commas, CRLF, quotes doubled).

The first line names the columns; :mod:`cast_studio.storage.formats.segment_rows` says what they
mean. ``stop_frame`` and the stop times are half-open: the first moment that no longer belongs to
the segment. ``source`` is ``human``, ``model``, ``model_accepted`` or ``model_edited``; ``status``
is ``new`` for a prediction that nobody has looked at, ``edited`` for a label that a person changed,
else ``accepted``. ``top5`` is JSON: per head a list of ``[class name, probability]``.

Text that a spreadsheet would run as a formula gets a single quote in front; :func:`read_csv` takes
it away again. Columns of numbers and times are never changed.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from cast_studio.core.imports import Imported
from cast_studio.core.predictions import PredictionTrack
from cast_studio.core.project import Project
from cast_studio.core.timing import FrameIndex
from cast_studio.errors import ExportError
from cast_studio.said import say
from cast_studio.storage.formats import ExportReport, Tell, tell_nobody
from cast_studio.storage.formats.csv_reading import is_own_header, read_labels
from cast_studio.storage.formats.segment_rows import COLUMNS, Row, columns_for, segment_rows
from cast_studio.storage.formats.spreadsheet_text import defuse, restore
from cast_studio.storage.formats.text_tables import first_cells
from cast_studio.storage.formats.writing_tables import refuse_nul, writing_text

NUMBER_COLUMNS = frozenset(
    {
        "fps_num",
        "fps_den",
        "n_frames",
        "start_frame",
        "stop_frame",
        "start_time_s",
        "stop_time_s",
        "start_timestamp",
        "stop_timestamp",
        "label_id",
        "verb_class",
        "noun_class",
        "score",
        "uncertainty",
        "start_pts",
        "stop_pts",
    }
)

_TELL_EVERY = 1_000

_NUMBER = re.compile(r"-?[0-9][0-9:.]*")
# The csv module refuses cells above 128 KiB; a note may be longer, so the limit is only a sanity
# one.
_LONGEST_CELL = 2**30


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """The format as the registry knows it."""

    name: str = "csv"
    title: str = "CAST Studio CSV"
    suffix: str = ".csv"
    cannot_carry: str = (
        "The CSV has no place for videos and tracks without labels, for classes without labels, for "
        "colors, keys, categories, descriptions, and former names of classes, for notes of videos, "
        "for what is reviewed, for the order of tracks, nor for models; scores are rounded to six "
        "decimals."
    )
    writes_predictions: bool = True

    def wants_frames_of(self, project: Project) -> Set[str]:
        """Return all videos with labels."""
        return {track.video_id for track in project.tracks if track.segments}

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
        """Write a project; see :func:`write_csv`."""
        return write_csv(
            path,
            project,
            predictions=predictions,
            frame_indexes=frame_indexes,
            origins=origins,
            tell=tell,
        )

    def recognizes(self, start: bytes) -> bool:
        """Return whether the header has a video and times in seconds."""
        return is_own_header(first_cells(start))

    def read(self, path: Path, *, tell: Tell = tell_nobody) -> Imported:
        """Read rows, also such as a person made; see :mod:`.csv_reading`."""
        return read_labels(path, tell=tell)


FORMAT = CsvFormat()


def write_csv(
    path: Path,
    project: Project,
    *,
    predictions: Sequence[PredictionTrack] = (),
    frame_indexes: Mapping[str, FrameIndex] | None = None,
    origins: Sequence[PredictionTrack] = (),
    tell: Tell = tell_nobody,
) -> ExportReport:
    """Write the segments of a project, and predictions where given, as one CSV file.

    Args:
        path: The file to create or replace; its folder must exist.
        project: Whose segments to write.
        predictions: Written as rows with the source ``model``.
        frame_indexes: By video id; without one, a video's frame numbers stay empty.
        origins: What models said that segments were made of; it fills their ``top5``, and the
            ``score`` of edited ones.
        tell: See :func:`write_rows`.

    Returns:
        The file and the number of rows in it.

    Raises:
        ExportError: It cannot be written; what was there before is untouched.
    """
    rows = segment_rows(
        project, predictions=predictions, frame_indexes=frame_indexes or {}, origins=origins
    )
    return write_rows(path, rows, columns=columns_for(project, predictions), tell=tell)


def write_rows(
    path: Path,
    rows: Iterable[Row],
    *,
    columns: Sequence[str] = COLUMNS,
    tell: Tell = tell_nobody,
) -> ExportReport:
    """Write rows of text as CSV.

    Args:
        path: The file to create or replace.
        rows: Each with cells for some of ``columns``; the others are empty.
        columns: In the order of the file.
        tell: Is told how many rows are written, of nobody knows how many; may raise to stop.

    Returns:
        The file and the number of rows in it.

    Raises:
        ExportError: It cannot be written; what was there before is untouched.
        ValueError: A cell belongs to no column, or is no number in a column of numbers.
    """
    path = Path(path)
    count = 0
    with writing_text(path) as text:
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow([_written(name, "column") for name in columns])
        for row in rows:
            if count % _TELL_EVERY == 0:
                tell(count, 0)
            writer.writerow(_cells(row, columns))
            count += 1
    return ExportReport(path=path, rows=count)


def read_csv(path: Path) -> tuple[Row, ...]:
    """Read rows that :func:`write_rows` wrote, exactly as they were.

    Args:
        path: A CSV file; columns that this version does not know are kept.

    Raises:
        ExportError: It cannot be read, or is not such a file.
    """
    path = Path(path)
    csv.field_size_limit(_LONGEST_CELL)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return tuple(_read_rows(csv.reader(file, strict=True), path))
    except OSError as error:
        raise ExportError(
            say(
                "“{path}” could not be read: {reason}. Check the path and that you may read it.",
                path=path,
                reason=error.strerror or error,
            )
        ) from error
    except UnicodeDecodeError as error:
        raise ExportError(
            say("“{path}” is not UTF-8 text. Save it as “CSV UTF-8” and try again.", path=path)
        ) from error
    except csv.Error as error:
        raise ExportError(
            say(
                "“{path}” is not a CSV file that can be read: {error}. Export it again.",
                path=path,
                error=error,
            )
        ) from error


def _cells(row: Row, columns: Sequence[str]) -> list[str]:
    unknown = row.keys() - set(columns)
    if unknown:
        raise ValueError(f"cells without a column: {sorted(unknown)}")
    return [_written(row.get(name, ""), name) for name in columns]


def _written(text: str, column: str) -> str:
    """Return a cell as it stands in the file, before quoting."""
    # Most cells are empty.
    if not text:
        return text
    if _is_number_column(column):
        if not _NUMBER.fullmatch(text):
            raise ValueError(f"{text!r} in the column {column} is not a number")
        return text
    refuse_nul(text)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ExportError(
            say(
                "The text {text!r} (column “{column}”) holds a character that no file can "
                "store as Unicode. Change that text, or rename that file, and export again.",
                text=text,
                column=column,
            )
        ) from error
    return defuse(text)


def _read_rows(reader: Iterator[list[str]], path: Path) -> Iterator[Row]:
    columns = next(reader, None)
    if columns is None:
        raise ExportError(say("“{path}” is empty. Export it again.", path=path))
    columns = [restore(name) for name in columns]
    missing = [name for name in COLUMNS if name not in columns]
    if missing or len(set(columns)) != len(columns):
        what = f"it lacks the column “{missing[0]}”" if missing else "it names a column twice"
        raise ExportError(
            say(
                "“{path}” is not a CSV file of CAST Studio: {what}. Choose another file.",
                path=path,
                what=what,
            )
        )
    for number, cells in enumerate(reader, start=1):
        if len(cells) != len(columns):
            raise ExportError(
                say(
                    "Row {number} of “{path}” has {cells} cells instead of {columns}. Export it "
                    "again.",
                    number=number,
                    path=path,
                    cells=len(cells),
                    columns=len(columns),
                )
            )
        yield {
            name: cell if _is_number_column(name) else restore(cell)
            for name, cell in zip(columns, cells, strict=True)
        }


def _is_number_column(name: str) -> bool:
    return name in NUMBER_COLUMNS or name.startswith("label_id:")
