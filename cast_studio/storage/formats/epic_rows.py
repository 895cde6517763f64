"""The rows of a project as EPIC-KITCHENS-100 has them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from functools import lru_cache
from pathlib import PurePosixPath

from cast_studio.core.project import Project, VideoRef
from cast_studio.core.timing import FrameIndex
from cast_studio.core.tracks import Origin, Segment
from cast_studio.storage.formats.epic_frames import (
    frames_of,
    is_written_exactly,
    official_numbers,
    rate_of,
    seconds_of,
    timestamp_of,
)
from cast_studio.storage.formats.spreadsheet_text import defuse

COLUMNS = (
    "narration_id",
    "participant_id",
    "video_id",
    "narration_timestamp",
    "start_timestamp",
    "stop_timestamp",
    "start_frame",
    "stop_frame",
    "narration",
    "verb",
    "verb_class",
    "noun",
    "noun_class",
    "all_nouns",
    "all_noun_classes",
)
ROW = "epic:row"
"""The attribute that keeps a row's place in its file."""

_NEEDED = ("video_id", "start_timestamp", "stop_timestamp")
_KINDS = ("verb", "noun")
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)


class EpicRows:
    """Makes the rows of a project."""

    def __init__(self, project: Project, frame_indexes: Mapping[str, FrameIndex]) -> None:
        self._project = project
        self._indexes = frame_indexes
        self._names = _Names(project)
        self._rounded = self._frameless = self._unlabelled = self._formulas = 0

    def rows(self) -> list[dict[str, str]]:
        """Return all rows: imported ones in the order of their file, then the others by time."""
        found = [
            (video, segment)
            for video in self._project.videos
            for track in self._project.tracks_of(video.id)
            for segment in track.segments
        ]
        found.sort(key=lambda pair: _place(pair[1]))
        for _, segment in found:
            if _is_kept(segment):
                self._names.reserve(segment.attributes.get("narration_id", ""))
        return [self._row(video, segment) for video, segment in found]

    def unknown_frames(self) -> Set[str]:
        """Return the ids of videos whose rows need frames that only their file can tell."""
        return {
            track.video_id
            for track in self._project.tracks
            for segment in track.segments
            if not _is_kept(segment) and rate_of(self._names.of_id(track.video_id)) is None
        }

    def notes(self) -> Iterator[str]:
        """Yield what could not be written."""
        others = [name for name in self._project.schema.head_names if name not in _KINDS]
        if others:
            yield f"Not written: labels of {', '.join(f'“{name}”' for name in others)}."
        if self._unlabelled:
            yield f"Segments without verb and noun: {self._unlabelled:,}; their cells are empty."
        if self._rounded:
            yield f"Segments rounded to a hundredth of a second: {self._rounded:,}."
        if self._frameless:
            yield (
                f"Segments without frame numbers, because nobody has seen their video: "
                f"{self._frameless:,}."
            )
        if self._formulas:
            yield (
                f"Rows with text that a spreadsheet would run as a formula: {self._formulas:,}; "
                "written as it is."
            )

    def _row(self, video: VideoRef, segment: Segment) -> dict[str, str]:
        kept = segment.attributes
        if _is_kept(segment):
            row = {name: kept[name] for name in COLUMNS if name in kept}
        else:
            row = self._new_row(video, segment)
        self._formulas += any(map(_would_run, row.values()))
        return row

    def _new_row(self, video: VideoRef, segment: Segment) -> dict[str, str]:
        kept = segment.attributes
        video_id = kept.get("video_id") or self._names.of(video)
        times = self._times(video, video_id, segment)
        labels = self._labels(segment, is_official=rate_of(video_id) is not None)
        said = " ".join(name for name in (labels["verb"], labels["noun"]) if name)
        return {
            "narration_id": self._names.new(video_id, kept.get("narration_id", "")),
            "participant_id": kept.get("participant_id", video_id.partition("_")[0]),
            "video_id": video_id,
            "narration_timestamp": kept.get(
                "narration_timestamp", timestamp_of(segment.span.start * video.tick, decimals=3)
            ),
            **times,
            "narration": kept.get("narration", said),
            **labels,
        }

    def _times(self, video: VideoRef, video_id: str, segment: Segment) -> dict[str, str]:
        kept, span = segment.attributes, segment.span
        start, stop = span.start * video.tick, span.end * video.tick
        names = ("start_timestamp", "stop_timestamp", "start_frame", "stop_frame")
        was = [seconds_of(kept.get(name, "")) for name in names[:2]]
        if all(time is not None for time in was):
            ticks = [video.ticks_at(time) for time in was if time is not None]
            if ticks == [span.start, span.end]:
                return {name: kept.get(name, "") for name in names}
        frames = frames_of(video, video_id, span, self._indexes.get(video.id))
        self._rounded += not (is_written_exactly(start) and is_written_exactly(stop))
        self._frameless += frames is None
        texts = ("", "") if frames is None else map(str, frames)
        values = (timestamp_of(start), timestamp_of(stop), *texts)
        return dict(zip(names, values, strict=True))

    def _labels(self, segment: Segment, *, is_official: bool) -> dict[str, str]:
        kept, cells = segment.attributes, {}
        for kind in _KINDS:
            class_id = segment.labels.get(kind)
            name = number = ""
            if class_id is not None:
                name = self._project.schema.head(kind).class_with_id(class_id).name
                numbers = official_numbers(kind) if is_official else {}
                number = str(numbers.get(name, class_id))
            is_kept = number and kept.get(f"{kind}_class") == number
            cells[f"{kind}_class"] = number
            cells[kind] = kept.get(kind, "") if is_kept else name
        self._unlabelled += not (cells["verb"] or cells["noun"])
        noun, number = cells["noun"], cells["noun_class"]
        if number and kept.get("noun_class") == number and "all_nouns" in kept:
            lists = kept["all_nouns"], kept.get("all_noun_classes", "")
        else:
            lists = (repr([noun]), f"[{number}]") if number else ("[]", "[]")
        return {**cells, "all_nouns": lists[0], "all_noun_classes": lists[1]}


class _Names:
    """What rows and videos are called, each once."""

    def __init__(self, project: Project) -> None:
        self._videos: dict[str, str] = {}
        taken: set[str] = set()
        for video in project.videos:
            stem = name = PurePosixPath(video.name).stem or video.id
            number = 2
            while name in taken:
                name, number = f"{stem}-{number}", number + 1
            taken.add(name)
            self._videos[video.id] = name
        self._taken: set[str] = set()
        self._next: Counter[str] = Counter()

    def of(self, video: VideoRef) -> str:
        """Return what the file calls a video."""
        return self._videos[video.id]

    def of_id(self, video_id: str) -> str:
        """Return what the file calls the video with an id."""
        return self._videos[video_id]

    def reserve(self, name: str) -> None:
        """Keep the id of a row that is written as it was."""
        self._taken.add(name)

    def new(self, video_id: str, wanted: str) -> str:
        """Return the id of a row: the one it had, unless another row has it (it was split)."""
        name = wanted
        while not name or name in self._taken:
            name = f"{video_id}_{self._next[video_id]}"
            self._next[video_id] += 1
        self._taken.add(name)
        return name


@lru_cache(maxsize=8_192)
def _would_run(text: str) -> bool:
    """Return whether a spreadsheet would run a text."""
    return defuse(text) != text


def _is_kept(segment: Segment) -> bool:
    """Return whether a row is written as it was read."""
    is_whole = all(name in segment.attributes for name in _NEEDED)
    return segment.origin is Origin.IMPORTED and is_whole


def _place(segment: Segment) -> int:
    number = segment.attributes.get(ROW, "")
    return int(number) if _NUMBER.fullmatch(number) else 10**9
