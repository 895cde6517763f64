"""What a file says, in words and exact seconds: the same for every format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from cast_studio.core.labels import LabelHead
from cast_studio.core.project import Project, VideoRef
from cast_studio.core.tracks import Origin


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that cannot be taken over.

    Attributes:
        line: Where it stands in the file, from 1; 0 where the file has no lines to speak of.
        why: The reason, as the end of a sentence: "it ends before it starts".
    """

    line: int
    why: str


class Refusals:
    """The rows that were refused: all are counted, the first of them are kept. Not thread-safe."""

    KEPT = 1_000
    """How many are kept with their reasons, so that a hostile file fills no memory."""

    def __init__(self) -> None:
        self._kept: list[Refusal] = []
        self.count = 0

    def add(self, line: int, why: str) -> None:
        """Refuse a row."""
        self.count += 1
        if len(self._kept) < self.KEPT:
            self._kept.append(Refusal(line, why))

    @property
    def kept(self) -> tuple[Refusal, ...]:
        """The first ones, by their lines."""
        return tuple(sorted(self._kept, key=lambda refusal: refusal.line))


@dataclass(frozen=True, slots=True)
class NamedClass:
    """A class as a file names it.

    Attributes:
        name: What it is called; never empty.
        id: Its number in the file, or None where the file has only names.
    """

    name: str
    id: int | None = None


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """One labelled span.

    Attributes:
        line: Where it stands in the file, from 1.
        video: A key of :attr:`Imported.videos`.
        start: First moment, in seconds of the video.
        stop: First moment after it, in seconds; not before ``start``.
        labels: Head name to class.
        track: Name of its track; "" takes what the format is called.
        annotator: Who labelled it, or "".
        segment_id: What makes the row the same when it is read again, or "".
        origin: Where the label comes from.
        subject: Whom or what it is about, or "".
        note: Free text.
        attributes: Fields of the row that have no place here, verbatim.
        model_id: The model whose prediction this was, or "".
        score: That prediction's confidence in [0, 1], or None.
        created_at: ISO 8601 in UTC, or "".
        modified_at: ISO 8601 in UTC, or "".
    """

    line: int
    video: str
    start: Fraction
    stop: Fraction
    labels: Mapping[str, NamedClass]
    track: str = ""
    annotator: str = ""
    segment_id: str = ""
    origin: Origin = Origin.IMPORTED
    subject: str = ""
    note: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    model_id: str = ""
    score: float | None = None
    created_at: str = ""
    modified_at: str = ""


@dataclass(frozen=True)
class Imported:
    """All that a format found in a file.

    Attributes:
        read: Rows in the file, those that were refused or passed over included.
        rows: What can be taken over.
        videos: By the name that rows use, as far as the file knows them: the id is "" where it comes
            from no project; the path is judged by whoever follows it.
        refused: Rows that could not be understood.
        notes: Sentences about what was left out or is remarkable.
        heads: What the file says about the classes themselves (color, key), where it does.
        track: What a track is called where rows do not say.
        whole: The project that the file holds completely, where the format is one for projects.
    """

    read: int
    rows: Sequence[ImportedRow]
    videos: Mapping[str, VideoRef]
    refused: Refusals
    notes: tuple[str, ...] = ()
    heads: tuple[LabelHead, ...] = ()
    track: str = "Imported"
    whole: Project | None = None
