"""What makes a row impossible to take over, whatever its format."""

from __future__ import annotations

from cast_studio.core.imports.values import ImportedRow
from cast_studio.core.project import VideoRef

LONGEST_NAME = 500
"""Characters of a class, head, track, or annotator: what is longer is not a name."""

_LATEST_TICK = 2**62
_HIGHEST_CLASS = 10**9


def problem_of(row: ImportedRow, video: VideoRef) -> str:
    """Return why a row cannot be taken over, as the end of a sentence; "" when it can."""
    if row.stop < row.start:
        return "it ends before it starts"
    if max(abs(row.start), abs(row.stop)) / video.tick > _LATEST_TICK:
        return "its time is too far away for any video"
    for head, named in row.labels.items():
        if not head.strip() or not named.name.strip():
            return "a class or the kind of class has no name"
        if named.id is not None and not 0 <= named.id <= _HIGHEST_CLASS:
            return f"the class number {named.id} is not between 0 and {_HIGHEST_CLASS:,}"
    names = (row.track, row.annotator, *row.labels, *(named.name for named in row.labels.values()))
    if any(len(name) > LONGEST_NAME for name in names):
        return f"a name in it is longer than {LONGEST_NAME} characters"
    if row.score is not None and not 0 <= row.score <= 1:
        return f"the score {row.score} is not between 0 and 1"
    return ""
