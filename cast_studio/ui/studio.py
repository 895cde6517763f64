"""The program behind the window: the services, the view state, and the controllers between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from cast_studio.app.diagnostics import UserMessages
from cast_studio.app.inference import InferenceService
from cast_studio.app.leisure import Leisure
from cast_studio.app.library_service import LibraryService
from cast_studio.app.lock_watch import LockWatch
from cast_studio.app.missing import MissingVideos
from cast_studio.app.model_library import ModelLibrary
from cast_studio.app.playback import Player
from cast_studio.app.preferences import Preferences
from cast_studio.app.relink_service import RelinkService
from cast_studio.app.session import Session
from cast_studio.app.sound import SoundOutput
from cast_studio.app.sound_sink import SoundSink, make_qt_sink
from cast_studio.app.stall_watch import StallWatch
from cast_studio.app.timeline_pictures import TimelinePictures
from cast_studio.app.trainer import TrainingRunner
from cast_studio.app.video_pictures import VideoPictures
from cast_studio.app.waveforms import Waveforms
from cast_studio.media.thumbnail_cache import ThumbnailCache
from cast_studio.media.waveform_cache import WaveformCache
from cast_studio.model.catalog import ModelInfo
from cast_studio.ui.annotation_controller import AnnotationController
from cast_studio.ui.attention_controller import AttentionController
from cast_studio.ui.class_labelling import ClassLabelling
from cast_studio.ui.clipboard_controller import ClipboardController
from cast_studio.ui.export_controller import ExportController
from cast_studio.ui.import_controller import ImportController
from cast_studio.ui.model_controller import ModelController
from cast_studio.ui.playback_controller import PlaybackController
from cast_studio.ui.project_controller import ProjectController
from cast_studio.ui.sample_controller import SampleController
from cast_studio.ui.segment_controller import SegmentController
from cast_studio.ui.snapshot_controller import SnapshotController
from cast_studio.ui.stream_controller import StreamController
from cast_studio.ui.track_controller import TrackController
from cast_studio.ui.training_controller import TrainingController
from cast_studio.ui.view_memory import ViewMemory
from cast_studio.ui.view_state import ViewState


@dataclass(frozen=True)
class Services:
    """What the program is made of below the window; tests pass their own.

    Attributes:
        preferences: Settings and folders.
        messages: The channel to the user.
        player: Shows frames.
        inference: Runs the model.
        runner: Follows training runs.
        list_models: Reads what models there are; quick, no weights.
        prepare_sample: Gets the annotator and returns the sample's project folder, copying it first
            where needed; called on a pool thread.
        make_sink: Returns the computer's sound output, None without one; called on the sound's thread.
    """

    preferences: Preferences
    messages: UserMessages
    player: Player
    inference: InferenceService
    runner: TrainingRunner
    list_models: Callable[[], Sequence[ModelInfo]]
    prepare_sample: Callable[[str], Path]
    make_sink: Callable[[], SoundSink | None] = make_qt_sink


class Studio(QObject):
    """Owns the controllers and lets them know of each other. GUI thread, no widgets.

    Signals:
        session_changed: The open :class:`Session` or None; all controllers know it already.
    """

    session_changed = Signal(object)

    def __init__(self, services: Services, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.services = services
        self.state = ViewState(self)
        self.models = ModelController(
            services.inference, services.messages, list_models=services.list_models, parent=self
        )
        self.projects = ProjectController(
            services.preferences,
            services.messages,
            new_schema=self.models.new_schema,
            parent=self,
        )
        self.sample = SampleController(
            services.prepare_sample, self.projects, services.preferences, services.messages, self
        )
        self.library = LibraryService(ModelLibrary(services.preferences.folders), parent=self)
        self.missing = MissingVideos(self)
        self.relinking = RelinkService(services.messages, self)
        self.lock_watch = LockWatch(self)
        self.playback = PlaybackController(services.player, self.state, services.preferences, self)
        self.streams = StreamController(self.state, self.playback, services.messages, self)
        self.sound = SoundOutput(services.player, services.preferences, services.make_sink, self)
        self.leisure = Leisure(services.player, self)
        thumbnails = ThumbnailCache(services.preferences.folders.cache / "thumbnails")
        self.pictures = TimelinePictures(services.player, self.leisure, thumbnails, self)
        self.covers = VideoPictures(self.leisure, thumbnails, self)
        waveforms = WaveformCache(services.preferences.folders.cache / "waveforms")
        self.waveforms = Waveforms(services.player, self.leisure, waveforms, self)
        self.annotations = AnnotationController(self.state, self)
        self.segments = SegmentController(self.state, self.annotations, self)
        self.tracks = TrackController(self.state, self.annotations, self)
        self.clipboard = ClipboardController(self.state, self.annotations, self)
        self.class_labelling = ClassLabelling(
            self.state, self.annotations, self.playback, services.preferences, self
        )
        self.attention = AttentionController(services.inference, self.state, self.annotations, self)
        self.training = TrainingController(services.runner, self.models, services.messages, self)
        self.exports = ExportController(services.messages, self)
        self.imports = ImportController(
            self.projects, services.preferences, services.messages, self
        )
        self.snapshots = SnapshotController(services.messages, self)
        self.memory = ViewMemory(
            self.state, self.class_labelling, services.preferences, services.messages, self
        )
        self._of_session = (
            self.playback,
            self.streams,
            self.annotations,
            self.segments,
            self.tracks,
            self.clipboard,
            self.class_labelling,
            self.models,
            self.attention,
            self.training,
            self.exports,
            self.missing,
            self.relinking,
            self.lock_watch,
            self.imports,
            self.snapshots,
            self.memory,
        )
        self.projects.session_opened.connect(self._on_session_opened)
        self.projects.session_closed.connect(self._on_session_closed)
        self.projects.video_added.connect(self._on_video_added)
        self.state.video_changed.connect(self._on_video_changed)
        self.state.frames_known.connect(self._on_frames_known)
        self.relinking.relinked.connect(self._on_relinked)
        labelling = (self.annotations, self.class_labelling)
        for controller in (*labelling, self.segments, self.tracks, self.clipboard):
            controller.refused.connect(self._on_refused)
        self.training.adapted.connect(self._on_adapted)
        self._predict_when_ready = False
        services.inference.model_loaded.connect(self._on_model_loaded)
        services.player.warned.connect(self._on_player_warned)
        self._stall_watch = StallWatch(services.player, self)
        self._stall_watch.stalled.connect(self._on_refused)

    @property
    def session(self) -> Session | None:
        """The open project."""
        return self.projects.session

    def open_sample(self) -> None:
        """Open the sample project as soon as it is copied; the user is told when it cannot be."""
        self.sample.open()

    def predict(self) -> None:
        """Let the model segment the shown video."""
        if self.state.video_id:
            self.models.predict(self.state.video_id)

    def take_over(self) -> None:
        """Edit the project that another window has closed, and go on with the same video."""
        shown = self.state.video_id
        session = self.session if self.projects.reopen() else None
        if session is not None and session.project.has_video(shown):
            self.state.show_video(shown)

    def undo(self) -> None:
        """Take the last edit back."""
        if self.session is not None:
            self.session.undo()

    def redo(self) -> None:
        """Repeat the edit that was taken back last."""
        if self.session is not None:
            self.session.redo()

    def shut_down(self) -> None:
        """End all threads and close the project; a training run goes on by itself."""
        self._stall_watch.stop()
        self.leisure.stop()
        self.pictures.close()
        self.covers.close()
        self.waveforms.close()
        self.services.player.close()
        self.sound.close()
        self.services.inference.close()
        self.services.runner.close()
        self.library.close()
        self.sample.close()
        self.streams.close()
        self.projects.shut_down()

    @Slot(object)
    def _on_session_opened(self, session: Session) -> None:
        self.state.show_video("")
        for controller in self._of_session:
            controller.set_session(session)
        self.session_changed.emit(session)
        self.training.follow_left_run()
        self.models.use_latest()
        if session.project.videos:
            self.state.show_video(self.memory.video_id)

    @Slot()
    def _on_session_closed(self) -> None:
        self.memory.set_session(None)
        self.state.show_video("")
        self.covers.clear()
        for controller in self._of_session:
            controller.set_session(None)
        self.session_changed.emit(None)

    @Slot(str)
    def _on_video_added(self, video_id: str) -> None:
        self.state.show_video(video_id)

    @Slot(str)
    def _on_video_changed(self, video_id: str) -> None:
        self._open_shown_file()
        self._stall_watch.begin()

    def _open_shown_file(self) -> None:
        session, video_id = self.session, self.state.video_id
        if session is None or not video_id:
            self.playback.open(None)
            return
        self.playback.open(session.video_path(video_id), session.project.video(video_id).stream)

    @Slot(object)
    def _on_frames_known(self, frames: object) -> None:
        session, index = self.session, self.state.frames
        if session is not None and index is not None and self.state.video_id:
            session.set_frame_index(self.state.video_id, index)

    @Slot(object)
    def _on_relinked(self, video_ids: frozenset[str]) -> None:
        if self.session is not None and self.state.video_id in video_ids:
            self._open_shown_file()

    @Slot(str)
    def _on_refused(self, sentence: str) -> None:
        self.services.messages.tell("warning", sentence)

    @Slot(str)
    def _on_player_warned(self, sentence: str) -> None:
        self.projects.warn(sentence)

    @Slot(object)
    def _on_adapted(self, adapter: Path) -> None:
        self._predict_when_ready = True

    @Slot(object)
    def _on_model_loaded(self, info: ModelInfo) -> None:
        self.training.refresh_plan()
        if self._predict_when_ready:
            self._predict_when_ready = False
            self.predict()
