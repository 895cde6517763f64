"""Which video stream of the shown video is looked at and labelled."""

from __future__ import annotations

from PySide6.QtCore import QObject, QThreadPool, Slot

from cast_studio.app.diagnostics import UserMessages
from cast_studio.app.session import Session
from cast_studio.app.stream_scan import scan_stream
from cast_studio.app.threads import STOP_TIMEOUT_MS, run_in_background
from cast_studio.core.edits import Changes, ChooseStream
from cast_studio.errors import EditError
from cast_studio.said import say
from cast_studio.ui.playback_controller import PlaybackController
from cast_studio.ui.view_state import ViewState


class StreamController(QObject):
    """Chooses streams by an edit, and shows a video anew when its stream has changed. GUI thread."""

    def __init__(
        self,
        state: ViewState,
        playback: PlaybackController,
        messages: UserMessages,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._state = state
        self._playback = playback
        self._messages = messages
        self._session: Session | None = None
        self._pool = QThreadPool()
        # What is chosen last is the last to be found.
        self._pool.setMaxThreadCount(1)

    def set_session(self, session: Session | None) -> None:
        """Begin with another project, or none."""
        if self._session is not None:
            self._session.changed.disconnect(self._on_changed)
        self._session = session
        if session is not None:
            session.changed.connect(self._on_changed)

    @property
    def may_choose(self) -> bool:
        """Whether the project can be edited."""
        return self._session is not None and not self._session.read_only

    @Slot(int)
    def choose(self, number: int) -> None:
        """Look at another stream of the shown video, as soon as it was scanned.

        Args:
            number: Among all streams of the file.
        """
        session, video_id = self._session, self._state.video_id
        if session is None or not video_id:
            return
        path = session.video_path(video_id)
        run_in_background(
            lambda: scan_stream(path, video_id=video_id, number=number),
            doing=say("Reading the video stream"),
            on_success=self._on_scanned,
            on_failure=self._on_failed,
            pool=self._pool,
        )

    def close(self, timeout_ms: int = STOP_TIMEOUT_MS) -> bool:
        """Wait for a scan that runs; return whether it has ended."""
        return self._pool.waitForDone(timeout_ms)

    @Slot(object)
    def _on_scanned(self, edit: ChooseStream) -> None:
        session = self._session
        if session is None or not session.project.has_video(edit.video_id):
            return
        try:
            session.do(edit)
        except EditError as error:
            self._messages.tell("warning", str(error))

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        self._messages.tell("error", sentence)

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        for row in changes.videos:
            before, after = row.before, row.after
            if row.id != self._state.video_id or before is None or after is None:
                continue
            if before.stream != after.stream:
                self._show_anew()

    def _show_anew(self) -> None:
        """Open the other stream at the moment that is on screen: all streams share the file's time."""
        frames, frame_index = self._state.frames, self._state.frame_index
        self._state.show_again()
        if frames is not None:
            self._playback.begin_at(frames.seconds_of(min(frame_index, len(frames) - 1)))
