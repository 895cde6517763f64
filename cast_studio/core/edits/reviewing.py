"""Edits of what was reviewed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cast_studio.core.edits.changes import Changes, RowChange
from cast_studio.core.edits.checks import find_video
from cast_studio.core.project import Project
from cast_studio.core.reviewed import ReviewedRange
from cast_studio.core.timing import TimeSpan
from cast_studio.errors import EditError
from cast_studio.said import say


@dataclass(frozen=True, slots=True)
class MarkReviewed:
    """Note that an annotator has looked at a part of a video.

    Attributes:
        video_id: Which video.
        span: In ticks of the video, not a point.
        annotator: Who looked.
        new_id: For the range, unless it continues one that is there.
    """

    video_id: str
    span: TimeSpan
    annotator: str
    new_id: str

    def describe(self) -> str:
        """Return the text for the undo menu."""
        return say("Mark as reviewed")

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        _check(project, self.video_id, self.span)
        near = [
            found
            for found in _own(project, self.video_id, self.annotator)
            if found.span.start <= self.span.end and self.span.start <= found.span.end
        ]
        if not near:
            _check_new(project, self.new_id)
            made = ReviewedRange(self.new_id, self.video_id, self.span, self.annotator)
            return Changes(reviewed=(RowChange(made.id, None, made),))
        span = self.span
        for found in near:
            span = span.hull(found.span)
        first, *others = near
        rows = [RowChange(other.id, other, None) for other in others]
        if span != first.span:
            rows.append(RowChange(first.id, first, replace(first, span=span)))
        return Changes(reviewed=tuple(rows))


@dataclass(frozen=True, slots=True)
class UnmarkReviewed:
    """Take back that an annotator has looked at a part of a video.

    Attributes:
        video_id: Which video.
        span: In ticks of the video, not a point.
        annotator: Who had looked.
        new_id: For the second half of a range that is cut in two.
    """

    video_id: str
    span: TimeSpan
    annotator: str
    new_id: str

    def describe(self) -> str:
        """Return the text for the undo menu."""
        return say("Mark as not reviewed")

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        _check(project, self.video_id, self.span)
        rows: list[RowChange[ReviewedRange]] = []
        for found in _own(project, self.video_id, self.annotator):
            left = found.span.minus(self.span)
            if left == (found.span,):
                continue
            kept = replace(found, span=left[0]) if left else None
            rows.append(RowChange(found.id, found, kept))
            for second in left[1:]:
                _check_new(project, self.new_id)
                rows.append(
                    RowChange(self.new_id, None, replace(found, id=self.new_id, span=second))
                )
        return Changes(reviewed=tuple(rows))


def _own(project: Project, video_id: str, annotator: str) -> list[ReviewedRange]:
    return [found for found in project.reviewed_in(video_id) if found.annotator == annotator]


def _check(project: Project, video_id: str, span: TimeSpan) -> None:
    find_video(project, video_id)
    if span.is_point:
        raise EditError(
            say("A moment cannot be reviewed by itself; mark a range with I and O first.")
        )


def _check_new(project: Project, range_id: str) -> None:
    if any(found.id == range_id for found in project.reviewed):
        raise EditError(
            say(
                "There is a reviewed range with the id {range_id} already; give the new one "
                "another.",
                range_id=range_id,
            )
        )
