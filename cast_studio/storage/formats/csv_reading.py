"""Labels out of the project's own CSV, be it written by this program or made by hand.

Needed are a video (``video_id`` or ``video_path``) and times (``start_pts`` and ``stop_pts`` with
``timebase``, else ``start_time_s`` and ``stop_time_s``); every other column may be missing.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Set
from fractions import Fraction
from pathlib import Path

from cast_studio.core.imports import (
    Imported,
    ImportedRow,
    NamedClass,
    Refusals,
)
from cast_studio.core.project import VideoRef
from cast_studio.core.tracks import Origin
from cast_studio.errors import ImportFileError
from cast_studio.said import say
from cast_studio.storage.formats import Tell
from cast_studio.storage.formats.segment_rows import COLUMNS
from cast_studio.storage.formats.spreadsheet_text import restore
from cast_studio.storage.formats.text_tables import Table, open_table

_TIMES = ("start_time_s", "stop_time_s")
_TICKS = ("timebase", "start_pts", "stop_pts")
_INTEGER = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,18})?", re.ASCII)
_FRACTION = re.compile(r"([0-9]{1,15})/([0-9]{1,15})", re.ASCII)
_ORIGINS = {"model_accepted": Origin.ACCEPTED, "model_edited": Origin.CORRECTED}
_HEAD_COLUMN = "label:"
_ID_COLUMN = "label_id:"
_NAMED_COLUMNS = 8


def is_own_header(columns: Set[str]) -> bool:
    """Return whether a header is one that :func:`read_labels` understands."""
    has_video = not columns.isdisjoint({"video_id", "video_path"})
    return has_video and (columns >= set(_TIMES) or columns >= set(_TICKS))


def read_labels(path: Path, *, tell: Tell) -> Imported:
    """Read the labelled rows of a file. Raises ``ImportFileError``."""
    with open_table(path, tell) as table:
        if not is_own_header(set(table.columns)):
            raise ImportFileError(
                say(
                    "“{path}” is not a CSV file of CAST Studio: it lacks the columns “video_id” or "
                    "“video_path”, or “start_time_s” and “stop_time_s”. Choose another file or "
                    "format.",
                    path=path,
                )
            )
        return _Reader(table).read()


class _BadCellError(Exception):
    """A row cannot be read; the text is the end of a sentence."""


class _Reader:
    def __init__(self, table: Table) -> None:
        self._table = table
        self._videos: dict[str, VideoRef] = {}
        self._refused = Refusals()
        self._predictions = 0
        # The columns of heads, and what each head is called.
        self._heads = {
            name: restore(name).removeprefix(_HEAD_COLUMN)
            for name in table.columns
            if restore(name).startswith(_HEAD_COLUMN)
        }

    def read(self) -> Imported:
        rows: list[ImportedRow] = []
        read = 0
        for found in self._table.rows:
            read += 1
            if found.cells is None:
                wanted = len(self._table.columns)
                self._refused.add(found.line, f"it has {found.count} cells instead of {wanted}")
                continue
            if found.cells.get("source") == "model":
                self._predictions += 1
                continue
            try:
                rows.append(self._row(found.line, found.cells))
            except _BadCellError as error:
                self._refused.add(found.line, str(error))
        return Imported(
            read=read,
            rows=rows,
            videos=self._videos,
            refused=self._refused,
            notes=tuple(self._notes()),
            track="Labels",
        )

    def _notes(self) -> Iterator[str]:
        unread = [name for name in self._table.columns if not _is_known(restore(name))]
        if unread:
            shown = ", ".join(f"“{name[:60]}”" for name in unread[:_NAMED_COLUMNS])
            more = ", …" if len(unread) > _NAMED_COLUMNS else ""
            yield (
                f"Columns that this format does not have: {len(unread):,} ({shown}{more}); what "
                "they hold is not taken over."
            )
        if self._predictions:
            yield (
                f"Rows of what a model said and nobody accepted: {self._predictions:,}; they are no "
                "labels and are left out."
            )

    def _row(self, line: int, cells: Mapping[str, str]) -> ImportedRow:
        start, stop = _times(cells)
        return ImportedRow(
            line=line,
            video=self._video(cells),
            start=start,
            stop=stop,
            labels=dict(self._labels(cells)),
            track=_text(cells, "track"),
            annotator=_text(cells, "annotator"),
            segment_id=_text(cells, "segment_id"),
            origin=_origin(cells),
            subject=_text(cells, "subject"),
            note=_text(cells, "comment"),
            attributes=_attributes(cells),
            model_id=_text(cells, "model_id"),
            score=_score(cells),
            created_at=_text(cells, "created_at"),
            modified_at=_text(cells, "modified_at"),
        )

    def _video(self, cells: Mapping[str, str]) -> str:
        video_id, path = _text(cells, "video_id"), _text(cells, "video_path")
        name = video_id or path
        if not name.strip():
            raise _BadCellError("it says of no video that it is about it")
        if name not in self._videos:
            rate = Fraction(0)
            if _integer(cells, "fps_num") and _integer(cells, "fps_den"):
                rate = Fraction(int(cells["fps_num"]), int(cells["fps_den"]))
            # What its ticks are is for the file to say; times are exact until then.
            self._videos[name] = VideoRef(
                id=video_id,
                path=path or name,
                size_bytes=0,
                fingerprint=_text(cells, "video_fingerprint"),
                n_frames=_integer(cells, "n_frames"),
                rate=rate if rate > 0 else None,
            )
        return name

    def _labels(self, cells: Mapping[str, str]) -> Iterator[tuple[str, NamedClass]]:
        columns = [("verb", "verb", "verb_class"), ("noun", "noun", "noun_class")]
        columns += [(head, name, _id_column(name)) for name, head in self._heads.items()]
        has_others = False
        for head, column, id_column in columns:
            if cells.get(column):
                has_others = True
                yield head, NamedClass(_text(cells, column), _integer(cells, id_column))
        # Beside other heads, “label” only repeats them, unless it has a number of its own.
        if cells.get("label") and (cells.get("label_id") or not has_others):
            yield "action", NamedClass(_text(cells, "label"), _integer(cells, "label_id"))


def _is_known(column: str) -> bool:
    return column in COLUMNS or column.startswith((_HEAD_COLUMN, _ID_COLUMN))


def _id_column(column: str) -> str:
    if column in ("verb", "noun"):
        return f"{column}_class"
    return column.replace(_HEAD_COLUMN, _ID_COLUMN, 1)


def _text(cells: Mapping[str, str], name: str) -> str:
    return restore(cells.get(name, ""))


def _times(cells: Mapping[str, str]) -> tuple[Fraction, Fraction]:
    tick = _timebase(cells)
    start, stop = _integer(cells, "start_pts"), _integer(cells, "stop_pts")
    if tick is not None and start is not None and stop is not None:
        return start * tick, stop * tick
    return _seconds(cells, "start_time_s"), _seconds(cells, "stop_time_s")


def _seconds(cells: Mapping[str, str], name: str) -> Fraction:
    text = cells.get(name, "").strip()
    if not _DECIMAL.fullmatch(text):
        raise _BadCellError(f"“{text[:60]}” in “{name}” is not a number of seconds such as 12.345")
    return Fraction(text)


def _timebase(cells: Mapping[str, str]) -> Fraction | None:
    text = cells.get("timebase", "")
    if not text:
        return None
    found = _FRACTION.fullmatch(text)
    if found is None or 0 in map(int, found.groups()):
        raise _BadCellError(f"“{text[:60]}” in “timebase” is not a fraction such as 1/12800")
    return Fraction(int(found[1]), int(found[2]))


def _integer(cells: Mapping[str, str], name: str) -> int | None:
    text = cells.get(name, "").strip()
    if not text:
        return None
    if not _INTEGER.fullmatch(text):
        raise _BadCellError(f"“{text[:60]}” in “{name}” is not a whole number")
    return int(text)


def _score(cells: Mapping[str, str]) -> float | None:
    text = cells.get("score", "").strip()
    if not text:
        return None
    try:
        score = float(text)
    except ValueError:
        score = math.nan
    if not math.isfinite(score):
        raise _BadCellError(f"“{text[:60]}” in “score” is not a number")
    return score


def _origin(cells: Mapping[str, str]) -> Origin:
    text = cells.get("origin", "")
    if not text:
        return _ORIGINS.get(cells.get("source", ""), Origin.IMPORTED)
    try:
        return Origin(text)
    except ValueError as error:
        raise _BadCellError(f"“{text[:60]}” in “origin” is none of {', '.join(Origin)}") from error


def _attributes(cells: Mapping[str, str]) -> Mapping[str, str]:
    text = _text(cells, "attributes")
    if not text:
        return {}
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise _BadCellError("“attributes” is not a JSON object of texts")
    return found
