"""What can be done with whole tracks, and with what was reviewed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot

from cast_studio.app.session import Session
from cast_studio.core.edits import (
    AddTrack,
    ChangeTrack,
    EditTracks,
    MarkReviewed,
    MoveSegments,
    OrderTracks,
    RemoveTrack,
    UnmarkReviewed,
)
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Track
from cast_studio.ui.editing_controller import EditingController
from cast_studio.ui.track_question import TrackAnswer, TrackQuestion
from cast_studio.ui.view_state import TrackName


class TrackController(EditingController):
    """Adds, changes, orders, hides and removes the tracks of the shown video. GUI thread.

    Signals:
        track_wanted: A :class:`TrackQuestion` to ask; :meth:`answer` takes the answer.
    """

    track_wanted = Signal(object)

    def set_session(self, session: Session | None) -> None:
        """Work on another project, or on none: no track is chosen or hidden there yet."""
        super().set_session(session)
        self._state.hide_tracks(frozenset())
        self._state.choose_track(None)

    # -- what there is

    @property
    def all_tracks(self) -> tuple[Track, ...]:
        """The tracks of the shown video, in order."""
        if self._session is None:
            return ()
        return self._session.project.tracks_of(self._state.video_id)

    @property
    def shown_tracks(self) -> tuple[Track, ...]:
        """The tracks that the timeline shows: those that are not hidden, and the active one."""
        active = self._annotations.track
        hidden = self._state.hidden_tracks
        return tuple(
            track for track in self.all_tracks if track == active or name_of(track) not in hidden
        )

    # -- choosing

    @Slot(str)
    def choose(self, track_id: str) -> None:
        """Label on another track."""
        found = next((track for track in self.all_tracks if track.id == track_id), None)
        if found is not None:
            self._state.choose_track(name_of(found))

    def choose_next(self, step: int) -> None:
        """Label on the shown track below, or with -1 above."""
        tracks, active = self.shown_tracks, self._annotations.track
        if active is not None and len(tracks) > 1:
            self.choose(tracks[(tracks.index(active) + step) % len(tracks)].id)

    def hide(self) -> None:
        """Hide the track that is labelled on; the next one takes its place."""
        active, others = self._annotations.track, [*self.shown_tracks]
        if active is None or len(others) < 2:
            self.refused.emit(
                self.tr("This is the only track that is shown; show another one first.")
            )
            return
        position = others.index(active)
        others.remove(active)
        self.choose(others[min(position, len(others) - 1)].id)
        self._state.hide_tracks(self._state.hidden_tracks | {name_of(active)})

    def show_all(self) -> None:
        """Show all tracks again."""
        self._state.hide_tracks(frozenset())

    # -- changing

    def add(self) -> None:
        """Ask for a new track."""
        if self._session is not None:
            videos = len(self._session.project.videos)
            self.track_wanted.emit(TrackQuestion("", "", self._session.annotator, True, videos))

    def edit(self) -> None:
        """Ask for another name and annotator of the track that is labelled on."""
        track, session = self._annotations.track, self._session
        if track is not None and session is not None:
            videos = len(session.project.videos)
            self.track_wanted.emit(
                TrackQuestion(track.id, track.name, track.annotator, track.exclusive, videos)
            )

    @Slot(object)
    def answer(self, question: TrackQuestion, answer: TrackAnswer) -> None:
        """Add or change a track as the user chose, and label on it."""
        session = self._session
        if session is None:
            return
        chosen = TrackName(answer.name, answer.annotator)
        if any(name_of(t) == chosen for t in self.all_tracks if t.id != question.track_id):
            self.refused.emit(
                self.tr(
                    'This video has a track "{name}" of {annotator} already; choose another name.'
                ).format(name=answer.name, annotator=answer.annotator)
            )
            return
        videos = [self._state.video_id]
        if answer.everywhere:
            videos = [video.id for video in session.project.videos]
        tracks_of = session.project.tracks_of
        edit: EditTracks
        if question.track_id:
            before = next((name_of(t) for t in self.all_tracks if t.id == question.track_id), None)
            changes = (_change(tracks_of(video_id), before, answer) for video_id in videos)
            edit = EditTracks(tuple(filter(None, changes)))
        else:
            news = (
                _addition(session.new_id(), video_id, tracks_of(video_id), answer)
                for video_id in videos
            )
            edit = EditTracks(tuple(filter(None, news)))
        if self._do(edit):
            self._state.choose_track(chosen)

    def remove(self) -> None:
        """Remove the track that is labelled on, with its labels; undo brings both back."""
        track = self._annotations.track
        if track is not None and self._do(RemoveTrack(track.id)):
            self._state.choose_track(None)

    def reorder(self, step: int) -> None:
        """Move the track that is labelled on down by a place, or with -1 up."""
        track, ids = self._annotations.track, [found.id for found in self.all_tracks]
        if track is None:
            return
        place = ids.index(track.id)
        if 0 <= place + step < len(ids):
            ids[place], ids[place + step] = ids[place + step], ids[place]
            self._do(OrderTracks(self._state.video_id, tuple(ids)))

    @Slot(str, int)
    def move_to(self, track_id: str, place: int) -> None:
        """Move a track to another place, and label on it.

        Args:
            track_id: One of the shown tracks.
            place: Before which of the shown tracks it goes, counted from 0 as they are now; their number
                for below the last one. Hidden tracks stay with the one above them.
        """
        shown = [track.id for track in self.shown_tracks]
        ids = [track.id for track in self.all_tracks if track.id != track_id]
        own = shown.index(track_id) if track_id in shown else -1
        if own < 0 or place in (own, own + 1) or not 0 <= place <= len(shown):
            return
        at = ids.index(shown[place]) if place < len(shown) else len(ids)
        if self._do(OrderTracks(self._state.video_id, (*ids[:at], track_id, *ids[at:]))):
            self.choose(track_id)

    def move_labels(self, step: int) -> None:
        """Move the selected labels to the shown track below the one of the first, or above."""
        session, selected = self._session, self._annotations.selected
        tracks = self.shown_tracks
        if session is None or not selected:
            return
        place = next((i for i, t in enumerate(tracks) if t.has_segment(selected[0].id)), None)
        if place is None or not 0 <= place + step < len(tracks):
            self.refused.emit(
                self.tr("There is no track below this one; add one in the menu “Track”.")
                if step > 0
                else self.tr("There is no track above this one; add one in the menu “Track”.")
            )
            return
        self._do(MoveSegments(tuple(found.id for found in selected), tracks[place + step].id))

    # -- reviewing

    def mark_reviewed(self) -> None:
        """Note that the range, the selected labels, or all up to the frame on screen was looked at."""
        session, span = self._session, self._part()
        if session is not None and span is not None:
            self._do(MarkReviewed(self._state.video_id, span, session.annotator, session.new_id()))

    def unmark_reviewed(self) -> None:
        """Take back that the range, the selected labels, or the frame on screen was looked at."""
        session, frames = self._session, self._state.frames
        if session is None or frames is None:
            return
        span = self._chosen_part()
        if span is None:
            index = min(self._state.frame_index, len(frames) - 1)
            at = frames.pts_of(index)
            own = session.project.reviewed_in(self._state.video_id)
            around = (
                found.span
                for found in own
                if found.annotator == session.annotator and found.span.contains(at)
            )
            span = next(around, None)
        if span is None:
            self.refused.emit(self.tr("You have not marked this part as reviewed."))
            return
        self._do(UnmarkReviewed(self._state.video_id, span, session.annotator, session.new_id()))

    def _chosen_part(self) -> TimeSpan | None:
        if self._state.marked is not None:
            return self._state.marked
        if self._state.selection is None:
            return None
        spans = [segment.span for segment in self._annotations.selected]
        if not spans:
            return None
        hull = TimeSpan(min(s.start for s in spans), max(s.end for s in spans))
        return None if hull.is_point else hull

    def _part(self) -> TimeSpan | None:
        frames, session = self._state.frames, self._session
        chosen = self._chosen_part()
        if chosen is not None or frames is None or session is None:
            return chosen
        end = frames.end_of(min(self._state.frame_index, len(frames) - 1))
        before = [
            found.span.end
            for found in session.project.reviewed_in(self._state.video_id)
            if found.annotator == session.annotator and found.span.end < end
        ]
        return TimeSpan(max(before, default=frames.span.start), end)


def name_of(track: Track) -> TrackName:
    """Return what a track has in common with those of other videos."""
    return TrackName(track.name, track.annotator)


def _change(
    tracks: Sequence[Track], before: TrackName | None, answer: TrackAnswer
) -> ChangeTrack | None:
    """Return what changes the track of a name, if there is one and its new name is free."""
    chosen = TrackName(answer.name, answer.annotator)
    found = next((track for track in tracks if name_of(track) == before), None)
    if found is None or any(name_of(t) == chosen for t in tracks if t.id != found.id):
        return None
    return ChangeTrack(found.id, answer.name, answer.annotator, answer.exclusive)


def _addition(
    track_id: str, video_id: str, tracks: Sequence[Track], answer: TrackAnswer
) -> AddTrack | None:
    """Return what adds a track below the others of a video, unless one has that name."""
    name = TrackName(answer.name, answer.annotator)
    if any(name_of(track) == name for track in tracks):
        return None
    place = max((track.position for track in tracks), default=0) + 1
    track = Track(
        track_id,
        video_id,
        answer.name,
        answer.annotator,
        exclusive=answer.exclusive,
        position=place,
    )
    return AddTrack(track)
