"""The edit that turns predictions into segments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cast_studio.core.edits.changes import Changes, SegmentChange
from cast_studio.core.edits.checks import check_labels, check_new_ids, find_track
from cast_studio.core.edits.segments import added, removed, replaced
from cast_studio.core.project import Project
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Origin, Segment, Track, retime, subtract
from cast_studio.errors import EditError
from cast_studio.said import counted, say


@dataclass(frozen=True, slots=True)
class AcceptPredictions:
    """Take predictions over as segments, as they are or corrected.

    Attributes:
        track_id: Where to.
        segments: With origin ACCEPTED or CORRECTED and ids that no segment of the project has.
        replace_overlapped: In an exclusive track, whether what lies under a new segment makes room:
            it is trimmed, split or removed. Otherwise an overlap is refused. A track that is not
            exclusive keeps all.
        new_ids: Ids for the second parts of split segments, used in order; as many as there are
            ``segments`` are always enough.
        modified_at: ISO 8601 in UTC, for what was trimmed; "" keeps what the segments have.
    """

    track_id: str
    segments: tuple[Segment, ...]
    replace_overlapped: bool
    new_ids: tuple[str, ...] = ()
    modified_at: str = ""

    def describe(self) -> str:
        """Return the text for the undo menu."""
        corrected = all(segment.origin is Origin.CORRECTED for segment in self.segments)
        predictions = counted("prediction", len(self.segments))
        if corrected:
            return say("Correct {predictions}", predictions=predictions)
        return say("Accept {predictions}", predictions=predictions)

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        track = find_track(project, self.track_id)
        if not self.segments:
            raise EditError(say("No prediction is selected; select one first."))
        for segment in self.segments:
            check_labels(project.schema, segment.labels)
            if segment.origin not in (Origin.ACCEPTED, Origin.CORRECTED):
                raise EditError(
                    say(
                        "Only a segment that comes from a prediction can be accepted; add this one as "
                        "a new segment instead."
                    )
                )
        room: tuple[SegmentChange, ...] = ()
        if track.exclusive and self.replace_overlapped:
            room = tuple(self._room_in(track))
        rows = room + added(track.id, self.segments)
        check_new_ids(project, (row.id for row in rows if row.before is None))
        return Changes(segments=rows)

    def _room_in(self, track: Track) -> Iterator[SegmentChange]:
        holes: defaultdict[str, list[TimeSpan]] = defaultdict(list)
        for segment in self.segments:
            for under in track.overlapping(segment.span):
                holes[under.id].append(segment.span)
        new_ids = iter(self.new_ids)
        for segment_id, spans in holes.items():
            under = track.segment(segment_id)
            parts = [
                retime(under, span, modified_at=self.modified_at)
                for span in subtract(under.span, spans)
            ]
            if not parts:
                yield from removed(track.id, (under,))
                continue
            yield from replaced(track, under, parts[0])
            for part in parts[1:]:
                new_id = next(new_ids, None)
                if new_id is None:
                    raise EditError(
                        say(
                            "Accepting would split segments into more parts than ids were given for; "
                            "accept fewer predictions at once."
                        )
                    )
                yield from added(track.id, (replace(part, id=new_id),))
