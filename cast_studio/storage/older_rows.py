"""Reading rows that an older version wrote, which lack what came later.

They stand in the history of edits, in a damaged database that nobody could bring up to date, and in
files. What is missing is what a migration would have put there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cast_studio.core.labels import LabelSchema
from cast_studio.core.project import VideoRef
from cast_studio.core.tracks import Segment, Track
from cast_studio.storage.rows import read_schema, read_track, read_video

_CLASS_WORDS = {"category": "", "description": "", "former_names": "[]"}


def read_any_video(row: Mapping[str, object]) -> VideoRef:
    """Read a video, also from before videos had notes and streams. Raises ``ValueError``."""
    return read_video({"note": "", "stream": None, **row})


def read_any_track(row: Mapping[str, object], segments: Sequence[Segment] = ()) -> Track:
    """Read a track, also from before tracks had an order. Raises ``ValueError``."""
    return read_track({"position": 0, **row}, segments)


def read_any_schema(
    heads: Iterable[Mapping[str, object]], classes: Iterable[Mapping[str, object]]
) -> LabelSchema:
    """Read heads and classes, also from before classes were described. Raises ``ValueError``."""
    return read_schema(heads, ({**_CLASS_WORDS, **row} for row in classes))
