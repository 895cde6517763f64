"""What keys, menus and drags do to the selected labels: one edit each, on one or on thousands."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Literal

from PySide6.QtCore import Slot

from cast_studio.core.edits import (
    AddSegments,
    AnnotateSegment,
    AnnotateSegments,
    Edit,
    MergeSegments,
    MoveSegments,
    RemoveSegments,
    RetimeSegment,
    RetimeSegments,
    SplitSegment,
)
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Segment, Track, retime, sort_key
from cast_studio.said import counted, say
from cast_studio.ui.editing_controller import EditingController
from cast_studio.ui.nudging import gap_at, nudged, stretched, trimmed
from cast_studio.ui.view_state import LabelSelection

Edge = Literal["start", "end"]


class SegmentController(EditingController):
    """Changes the selected labels, or the one under the playhead. GUI thread."""

    @property
    def selected(self) -> tuple[Segment, ...]:
        """The labels that commands change; the one that panels show comes first."""
        return self._annotations.selected

    @property
    def next_label(self) -> Segment | None:
        """The label that :meth:`merge` would join: the next one on the same track."""
        selected = self.selected
        track = self._track_of(selected[0]) if selected else None
        if track is None:
            return None
        if len(selected) > 1:
            return selected[1]
        after = bisect_right(track.segments, sort_key(selected[0]), key=sort_key)
        return track.segments[after] if after < len(track.segments) else None

    # -- selecting

    def select_all(self) -> None:
        """Select all labels of the tracks that are shown, those of the active one first."""
        session, active = self._session, self._annotations.track
        if session is None or active is None:
            return
        hidden = self._state.hidden_tracks
        tracks = [
            track
            for track in session.project.tracks_of(self._state.video_id)
            if not any((track.name, track.annotator) == (h.name, h.annotator) for h in hidden)
        ]
        ids = [segment.id for track in tracks for segment in track.segments]
        current = self._annotations.current.segment
        first = current or next(iter(active.segments), None)
        if ids:
            primary = first.id if first is not None else ids[0]
            self._state.select(LabelSelection(primary, frozenset(ids) - {primary}))

    # -- removing, splitting, joining

    def delete(self) -> None:
        """Delete the selected labels."""
        ids = self._ids()
        if ids and self._do(RemoveSegments(ids)):
            self._state.select(None)

    def split(self) -> None:
        """Cut the selected labels that are on screen at the frame that is."""
        playhead, session = self._state.playhead, self._session
        if playhead is None or session is None:
            return
        selected = self.selected
        inside = [found for found in selected if found.span.start < playhead < found.span.end]
        cuts = [
            SplitSegment(found.id, playhead, session.new_id(), session.now())
            for found in inside or selected[:1]
        ]
        if cuts:
            words = say("Split {segments}", segments=counted("segment", len(cuts)))
            self._do(*cuts, described_as=words)

    def merge(self) -> None:
        """Make one label of the selected ones; of a single one and the next."""
        selected, following, session = self.selected, self.next_label, self._session
        if session is None or following is None:
            return
        ids = tuple(
            found.id for found in (selected if len(selected) > 1 else (*selected, following))
        )
        first = min((*selected, following), key=lambda found: found.span)
        if self._do(MergeSegments(ids, session.now())):
            self._state.select(LabelSelection(first.id))

    # -- times

    @Slot(str, object)
    def retime(self, segment_id: str, span: TimeSpan) -> None:
        """Move a label's edges."""
        if self._session is not None:
            self._do(RetimeSegment(segment_id, span, self._session.now()))

    @Slot(object, object, str)
    def move(self, ids: tuple[str, ...], spans: Mapping[str, TimeSpan], track_id: str) -> None:
        """Move labels in time, to another track, or both, as one step.

        Args:
            ids: All that were dragged.
            spans: Where those are that moved in time.
            track_id: The track they go to; "" for where they are.
        """
        session = self._session
        if session is None:
            return
        edits: list[Edit] = []
        if track_id:
            move, now = MoveSegments(ids, track_id), session.now()
            if spans:
                found = [pair[1] for pair in session.project.segments_with(ids).values()]
                moved = [retime(s, spans.get(s.id, s.span), modified_at=now) for s in found]
                # Neither where they were nor on the new track at the old time may they be in the way.
                edits += [RemoveSegments(ids), AddSegments(track_id, tuple(moved))]
            else:
                edits.append(move)
            self._do(*edits, described_as=move.describe())
        elif spans:
            self._do(RetimeSegments(tuple(spans.items()), session.now()))

    def nudge(self, edge: Edge, frames: int) -> None:
        """Move an edge of the selected labels by some frames; negative is earlier."""
        index, session = self._state.frames, self._session
        if index is None or session is None:
            return
        spans = [
            (found.id, span)
            for found in self.selected
            if (span := nudged(found.span, edge, frames, index)) != found.span
        ]
        if spans:
            self._do(RetimeSegments(tuple(spans), session.now()))

    def trim(self, edge: Edge) -> None:
        """Let the selected labels begin, or end, with the frame on screen."""
        index, session = self._state.frames, self._session
        selected = self.selected
        if index is None or session is None or not selected:
            return
        frame = min(self._state.frame_index, len(index) - 1)
        spans = [(found.id, trimmed(found.span, edge, frame, index)) for found in selected]
        fitting = tuple((key, span) for key, span in spans if span is not None)
        if not fitting:
            self.refused.emit(
                self.tr("Nothing of the label would be left; go before its end and trim it there.")
                if edge == "start"
                else self.tr(
                    "Nothing of the label would be left; go behind its start and trim it there."
                )
            )
            return
        words = say("Trim {segments}", segments=counted("segment", len(fitting)))
        self._do(RetimeSegments(fitting, session.now()), described_as=words)

    def fill_gap(self) -> None:
        """Stretch the label over the gap behind it; without one, mark the gap on screen."""
        index, session, playhead = self._state.frames, self._session, self._state.playhead
        if index is None or session is None or playhead is None:
            return
        selected = self.selected
        if not selected:
            track = self._annotations.track
            gap = gap_at(playhead, track.segments, index.span) if track is not None else None
            self._state.mark(gap)
            return
        track = self._track_of(selected[0])
        if track is None:
            return
        span = stretched(selected[0], track, index.span)
        if span == selected[0].span:
            self.refused.emit(
                self.tr("There is no gap beside this label; select one that has a gap beside it.")
            )
            return
        self._do(RetimeSegment(selected[0].id, span, session.now()), described_as=say("Fill gap"))

    def add_point(self, moment: int | None) -> None:
        """Add a point event, to be labelled.

        Args:
            moment: In ticks; None while nothing is shown.
        """
        session, track = self._session, self._annotations.track
        if session is None or track is None or moment is None:
            return
        span = TimeSpan(moment, moment)
        segment = Segment(session.new_id(), span, {}, created_at=session.now())
        if self._do(AddSegments(track.id, (segment,)), described_as=say("Add point event")):
            self._state.select(LabelSelection(segment.id))

    # -- words

    @Slot(str, str)
    def write_note(self, segment_id: str, note: str) -> None:
        """Write the note of a label, or of all selected ones if it is among them."""
        self._annotate(segment_id, note=note)

    @Slot(str, str)
    def write_subject(self, segment_id: str, subject: str) -> None:
        """Write the subject of a label, or of all selected ones if it is among them."""
        self._annotate(segment_id, subject=subject.strip())

    def _annotate(
        self, segment_id: str, *, note: str | None = None, subject: str | None = None
    ) -> None:
        if self._session is None:
            return
        ids, now = self._ids(), self._session.now()
        if segment_id in ids and len(ids) > 1:
            self._do(AnnotateSegments(ids, note, subject, now))
        else:
            self._do(AnnotateSegment(segment_id, note, subject, now))

    # -- helpers

    def _ids(self) -> tuple[str, ...]:
        return tuple(found.id for found in self.selected)

    def _track_of(self, segment: Segment) -> Track | None:
        if self._session is None or not self._session.project.has_segment(segment.id):
            return None
        return self._session.project.segment(segment.id)[0]
