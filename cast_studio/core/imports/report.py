"""What an import did or would do, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cast_studio.core.imports.values import Refusal

_NAMED = 8


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The dry run: what would be made, what stays as it is, what is refused and why.

    Attributes:
        read: Rows in the file.
        segments: New segments.
        known: Rows whose segment the project has already; it is kept as it is.
        refused_count: Rows that are refused.
        refused: The first of them, by line.
        new_videos: Names of the videos that would be added.
        found_videos: How many videos of the project get segments.
        new_tracks: How many tracks would be added.
        new_classes: Head name to the classes that would be added to it; a head may be new itself.
        notes: Sentences about what is remarkable or left out.
    """

    read: int
    segments: int
    known: int
    refused_count: int
    refused: tuple[Refusal, ...]
    new_videos: tuple[str, ...] = ()
    found_videos: int = 0
    new_tracks: int = 0
    new_classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the file holds nothing that the project lacks."""
        return not (self.segments or self.new_videos or self.new_tracks or self.new_classes)

    def summary(self) -> tuple[str, ...]:
        """Return what would happen, one short sentence for each kind."""
        lines = [f"{_counted(self.read, 'row')} read, {_counted(self.segments, 'segment')} to add."]
        if self.known:
            kept = "it stays as it is" if self.known == 1 else "they stay as they are"
            lines.append(f"{_counted(self.known, 'segment')} already in the project: {kept}.")
        if self.new_videos:
            lines.append(f"Videos to add: {len(self.new_videos):,} ({_named(self.new_videos)}).")
        if self.found_videos:
            verb = "gets" if self.found_videos == 1 else "get"
            lines.append(f"{_counted(self.found_videos, 'video')} of the project {verb} segments.")
        for head, names in self.new_classes.items():
            lines.append(f"Classes to add to “{head}”: {len(names):,} ({_named(names)}).")
        lines += self.notes
        if self.refused_count:
            lines.append(f"{_counted(self.refused_count, 'row')} refused.")
        return tuple(lines)

    def refusals(self, limit: int = 20) -> tuple[str, ...]:
        """Return one sentence for each refused row, and how many more there are beyond ``limit``."""
        lines = [
            (f"Line {found.line:,}: " if found.line else "") + f"{found.why}."
            for found in self.refused[:limit]
        ]
        more = self.refused_count - len(lines)
        return (*lines, f"… and {more:,} more.") if more else tuple(lines)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _named(names: tuple[str, ...]) -> str:
    rest = len(names) - _NAMED
    shown = ", ".join(_short(name) for name in names[:_NAMED])
    return f"{shown}, …" if rest > 0 else shown


def _short(name: str) -> str:
    return name if len(name) <= 40 else f"{name[:39]}…"
