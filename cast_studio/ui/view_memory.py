"""Remembers per project how it was looked at: video, tracks, and labels that were begun and not ended."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from cast_studio.app.diagnostics import UserMessages
from cast_studio.app.preferences import BegunLabel, Preferences, ProjectView
from cast_studio.app.session import Session
from cast_studio.ui import wording
from cast_studio.ui.bars import label_text
from cast_studio.ui.class_labelling import ClassLabelling
from cast_studio.ui.view_state import TrackName, ViewState


class ViewMemory(QObject):
    """Takes the view of a project from the settings and puts it back there. GUI thread.

    A label that was begun is no edit yet. It is kept here, so that a crash does not lose the moment
    at which it was begun, and told about where it waits; leaving the project drops it, as Esc does.
    """

    def __init__(
        self,
        state: ViewState,
        labelling: ClassLabelling,
        preferences: Preferences,
        messages: UserMessages,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._state = state
        self._labelling = labelling
        self._preferences = preferences
        self._messages = messages
        self._project_id = ""
        self._session: Session | None = None
        self._from_before: tuple[BegunLabel, ...] = ()
        self._first = self._last = self._shown = ""
        state.tracks_changed.connect(self._remember)
        labelling.open_changed.connect(self._remember)
        state.video_changed.connect(self._on_video_changed)
        state.frames_known.connect(self._on_frames_known)

    def set_session(self, session: Session | None) -> None:
        """Show another project as it was looked at last.

        Args:
            session: When a project is opened, all others know it already; None when it is closed,
                before they do, or they would forget the view first.
        """
        if self._project_id:
            view = self._preferences.view_of(self._project_id)
            self._preferences.set_view_of(
                self._project_id,
                ProjectView(
                    track=view.track,
                    hidden=view.hidden,
                    video="" if self._state.video_id == self._first else self._state.video_id,
                ),
            )
        self._project_id = ""
        self._from_before = ()
        self._first = self._last = self._shown = ""
        self._session = session
        if session is None:
            return
        view = self._preferences.view_of(session.project.id)
        if session.project.videos:
            self._first = session.project.videos[0].id
            self._last = view.video if session.project.has_video(view.video) else self._first
        known = {TrackName(track.name, track.annotator) for track in session.project.tracks}
        hidden = frozenset(TrackName(*pair) for pair in view.hidden) & known
        track = TrackName(*view.track) if view.track else None
        if track is not None and track in known:
            self._state.choose_track(track)
        self._state.hide_tracks(hidden - {track})
        self._labelling.go_on_with(view.begun)
        self._from_before = self._labelling.begun
        self._project_id = session.project.id

    @property
    def video_id(self) -> str:
        """The video to show first: with a label that a crash left open, else the last one shown."""
        return self._from_before[-1].video_id if self._from_before else self._last

    @Slot()
    def _remember(self) -> None:
        if not self._project_id:
            return
        track = self._state.track
        self._preferences.set_view_of(
            self._project_id,
            ProjectView(
                track=(track.name, track.annotator) if track is not None else None,
                hidden=tuple(sorted((t.name, t.annotator) for t in self._state.hidden_tracks)),
                begun=self._labelling.begun,
            ),
        )

    @Slot(str)
    def _on_video_changed(self, video_id: str) -> None:
        """Tell where labels wait that were begun in the video before."""
        left, self._shown = self._shown, video_id
        session = self._session
        if (
            not video_id
            or left == video_id
            or session is None
            or not session.project.has_video(left)
        ):
            return
        labels = [
            f"“{label_text(one.labels, session.project.schema)}”"
            for one in self._labelling.begun
            if one.video_id == left
        ]
        if labels:
            words = self.tr("Begun and not ended: {labels}; go back to “{video}” to go on.")
            name = session.project.video(left).name
            self._messages.tell("info", words.format(labels=", ".join(labels), video=name))

    @Slot()
    def _on_frames_known(self) -> None:
        """Tell of labels that a crash has left open, as soon as their video is shown."""
        frames, here = self._state.frames, self._labelling.open_labels
        found = [one for one in self._from_before if one in here]
        if not found or frames is None:
            return
        self._from_before = tuple(one for one in self._from_before if one not in found)
        words = self.tr(
            "A label that was begun at {time} was not ended. Go to its end and press its key, "
            "or Esc to drop it.",
        )
        time = wording.clock(frames.to_seconds(found[-1].start))
        self._messages.tell("info", words.format(time=time))
