"""Remembers per project how it was looked at: video, tracks, and a label that was begun and not ended."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from cast_studio.app.diagnostics import UserMessages
from cast_studio.app.preferences import Preferences, ProjectView
from cast_studio.app.session import Session
from cast_studio.ui import wording
from cast_studio.ui.bars import label_text
from cast_studio.ui.class_labelling import ClassLabelling, OpenLabel
from cast_studio.ui.view_state import TrackName, ViewState


class ViewMemory(QObject):
    """Takes the view of a project from the settings and puts it back there. GUI thread.

    A label that was begun is no edit yet. It is kept here, so that neither a crash nor a look at
    another video loses the moment at which it was begun; leaving the project drops it, as Esc does.
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
        self._left: ProjectView = ProjectView()
        self._first = self._video = ""
        state.tracks_changed.connect(self._remember)
        labelling.open_changed.connect(self._remember)
        labelling.left_open.connect(self._keep)
        state.frames_known.connect(self._go_on)

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
        self._left = ProjectView()
        self._first = self._video = ""
        self._session = session
        if session is None:
            return
        view = self._preferences.view_of(session.project.id)
        if session.project.videos:
            self._first = session.project.videos[0].id
            self._video = view.video if session.project.has_video(view.video) else self._first
        known = {TrackName(track.name, track.annotator) for track in session.project.tracks}
        hidden = frozenset(TrackName(*pair) for pair in view.hidden) & known
        track = TrackName(*view.track) if view.track else None
        if track is not None and track in known:
            self._state.choose_track(track)
        self._state.hide_tracks(hidden - {track})
        if session.project.has_video(view.begun_in) and not session.read_only:
            self._left = view
        self._project_id = session.project.id

    @property
    def video_id(self) -> str:
        """The video to show first: with a label that a crash left open, else the last one shown."""
        return self._left.begun_in or self._video

    @Slot()
    def _remember(self) -> None:
        if not self._project_id:
            return
        begun, track = self._labelling.open_label, self._state.track
        kept = self._left if self._left.begun_in else ProjectView()
        self._preferences.set_view_of(
            self._project_id,
            ProjectView(
                track=(track.name, track.annotator) if track is not None else None,
                hidden=tuple(sorted((t.name, t.annotator) for t in self._state.hidden_tracks)),
                begun_in=self._state.video_id if begun is not None else kept.begun_in,
                begun_at=begun.start if begun is not None else kept.begun_at,
                begun_labels=begun.labels if begun is not None else kept.begun_labels,
            ),
        )

    @Slot(str, object)
    def _keep(self, video_id: str, begun: OpenLabel) -> None:
        """Keep a label that is open until its video is shown again."""
        session = self._session
        if not self._project_id or session is None or not session.project.has_video(video_id):
            return
        self._left = ProjectView(
            begun_in=video_id, begun_at=begun.start, begun_labels=dict(begun.labels)
        )
        words = self.tr("“{label}” was begun and not ended; go back to “{video}” to go on with it.")
        label = label_text(begun.labels, session.project.schema)
        name = session.project.video(video_id).name
        self._messages.tell("info", words.format(label=label, video=name))

    @Slot()
    def _go_on(self) -> None:
        """Begin again what was left open, as soon as its video is shown."""
        left, frames = self._left, self._state.frames
        if not left.begun_in or left.begun_in != self._state.video_id or frames is None:
            return
        self._left = ProjectView()
        if self._labelling.resume(OpenLabel(left.begun_at, dict(left.begun_labels))):
            words = self.tr(
                "A label that was begun at {time} was not ended. Go to its end and press its key, "
                "or Esc to drop it.",
            )
            time = wording.clock(frames.to_seconds(left.begun_at))
            self._messages.tell("info", words.format(time=time))
        else:
            self._remember()
