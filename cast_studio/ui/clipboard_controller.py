"""Copying labels from one video, track or project and pasting them into another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction

from PySide6.QtGui import QGuiApplication

from cast_studio.app.session import Session
from cast_studio.core.edits import AddSegments, RemoveSegments
from cast_studio.core.segment_text import CopiedSegment, copied, from_text, to_text
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.core.tracks import Segment, sort_key
from cast_studio.errors import EditError
from cast_studio.said import counted, say
from cast_studio.ui.editing_controller import EditingController
from cast_studio.ui.view_state import LabelSelection


class ClipboardController(EditingController):
    """Copies and pastes labels as text in the system's clipboard. GUI thread."""

    def copy(self) -> None:
        """Put the selected labels into the clipboard."""
        session, frames = self._session, self._state.frames
        ids = [segment.id for segment in self._annotations.selected]
        if session is not None and frames is not None and ids:
            text = to_text(copied(session.project, ids, frames.timebase))
            QGuiApplication.clipboard().setText(text)

    def cut(self) -> None:
        """Put the selected labels into the clipboard and delete them."""
        ids = tuple(segment.id for segment in self._annotations.selected)
        if self._session is None or not ids:
            return
        self.copy()
        words = say("Cut {segments}", segments=counted("segment", len(ids)))
        if self._do(RemoveSegments(ids), described_as=words):
            self._state.select(None)

    def paste(self) -> None:
        """Add the copied labels; the first one begins with the frame on screen.

        Each goes to the track of the name it was copied from, else to the one that is labelled on.
        """
        session, frames, playhead = self._session, self._state.frames, self._state.playhead
        if session is None or frames is None or playhead is None:
            return
        try:
            found = from_text(QGuiApplication.clipboard().text())
            added = self._placed(session, found, frames, playhead)
            new = [segment.id for edit in added for segment in edit.segments]
            if not new:
                raise EditError(
                    say("None of the copied labels fits into this video here; go back and try.")
                )
            words = say("Paste {segments}", segments=counted("segment", len(new)))
            session.do(*added, described_as=words)
        except EditError as error:
            self.refused.emit(str(error))
            return
        self._state.select(LabelSelection(new[0], frozenset(new[1:])))

    def _placed(
        self, session: Session, found: Sequence[CopiedSegment], frames: FrameIndex, playhead: int
    ) -> list[AddSegments]:
        """Return the edits that add copied segments; what lies behind the video's end is left out."""
        active = self._annotations.track
        tracks = session.project.tracks_of(self._state.video_id)
        by_name = {track.name: track.id for track in reversed(tracks)}
        if active is not None:
            by_name[active.name] = active.id
        added: defaultdict[str, list[Segment]] = defaultdict(list)
        # Only when all come from one track can they be meant for another one.
        several = len({segment.track for segment in found}) > 1
        for segment in found:
            span = placed(segment.start, segment.duration, frames, playhead)
            target = by_name.get(segment.track) if several else None
            target = target or (active.id if active is not None else "")
            if span is None or not target:
                continue
            added[target].append(
                Segment(
                    session.new_id(),
                    span,
                    segment.class_ids(session.project.schema),
                    subject=segment.subject,
                    note=segment.note,
                    created_at=session.now(),
                )
            )
        return [
            AddSegments(track_id, tuple(sorted(segments, key=sort_key)))
            for track_id, segments in added.items()
        ]


def placed(
    start: Fraction, duration: Fraction, frames: FrameIndex, playhead: int
) -> TimeSpan | None:
    """Return where a copied segment is in a video, on edges of frames; None behind the end.

    Args:
        start: Seconds after the playhead.
        duration: In seconds; 0 for a point event.
        frames: Of the video.
        playhead: In ticks.
    """
    begin = frames.snap(playhead + round(start / frames.timebase))
    if playhead + round(start / frames.timebase) >= frames.end_pts:
        return None
    if not duration:
        return TimeSpan(begin, begin)
    end = frames.snap_edge(playhead + round((start + duration) / frames.timebase))
    return TimeSpan(begin, max(end, frames.end_of(frames.index_played_at(begin))))
