"""One open project and the one door through which it changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from cast_studio.app import clock
from cast_studio.app.accepting import accept_edit
from cast_studio.app.new_project import edit_to_add, empty_project
from cast_studio.app.paths import located
from cast_studio.app.prediction_shelf import PredictionShelf, Rejection
from cast_studio.app.saving import Saving
from cast_studio.app.step_history import Step, StepHistory
from cast_studio.app.store_writer import CloseReport, PendingCommit
from cast_studio.app.stored_history import REDO, UNDO
from cast_studio.app.threads import STOP_TIMEOUT_MS
from cast_studio.core.edits import (
    Applied,
    Changes,
    ChangeSchema,
    Edit,
    SeeVideo,
    apply,
    apply_changes,
)
from cast_studio.core.labels import LabelSchema
from cast_studio.core.predictions import Prediction, PredictionTrack
from cast_studio.core.project import Project, VideoRef
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.core.tracks import Track
from cast_studio.errors import EditError
from cast_studio.said import say
from cast_studio.storage.store import ProjectStore


class Session(QObject):
    """The one writer of an open project. GUI thread; the disk is written on a thread of its own.

    Signals:
        changed: The :class:`Changes` of an edit, an undo or a redo, at once.
        told: After ``changed`` or a change of rejections: ``UNDO``, ``REDO`` or "" for an edit, and its
            words.
        saved: Revision and moment (UTC datetime) when an edit is on the disk.
        save_failed: A sentence. What is not saved stays queued, in order.
        predictions_changed: Video id.
        predictions_fetched: What was kept of the current model's predictions has been read.
        frame_index_changed: Video id, when its frames are known.
        backed_up: "" when a backup was made or was not needed, else why it failed.
        prediction_cache_failed: A sentence; predictions are shown but could not be kept.
    """

    changed = Signal(object)
    told = Signal(str, str)
    saved = Signal(int, object)
    save_failed = Signal(str)
    predictions_changed = Signal(str)
    predictions_fetched = Signal()
    frame_index_changed = Signal(str)
    prediction_cache_failed = Signal(str)
    backed_up = Signal(str)

    def __init__(self, store: ProjectStore, project: Project, *, annotator: str) -> None:
        """Take over an open store; :meth:`create` and :meth:`open` are the usual ways in."""
        super().__init__()
        self._project = project
        self._folder = store.folder.absolute()
        self._read_only_reason = store.read_only_reason
        self._is_open_elsewhere = store.is_open_elsewhere
        self.annotator = annotator
        self._steps = StepHistory(store)
        self._frame_indexes: dict[str, FrameIndex] = {}
        self._shelf = PredictionShelf(store.folder, read_only=store.read_only, parent=self)
        self._shelf.changed.connect(self.predictions_changed)
        self._shelf.fetched.connect(self.predictions_fetched)
        self._shelf.keeping_failed.connect(self.prediction_cache_failed)
        self._saving = Saving(store, self)
        self._saving.saved.connect(self.saved)
        self._saving.failed.connect(self.save_failed)
        self._saving.backed_up.connect(self.backed_up)

    @classmethod
    def create(cls, folder: Path, *, name: str, schema: LabelSchema, annotator: str) -> Session:
        """Make a new project and open it.

        Args:
            folder: The project folder to make, ``name.cast`` by custom.
            name: What the user reads.
            schema: What can be labelled.
            annotator: Who edits.

        Raises:
            StoreError: It cannot be made there.
        """
        project = empty_project(name=name, schema=schema)
        return cls(ProjectStore.create(Path(folder), project), project, annotator=annotator)

    @classmethod
    def open(cls, folder: Path, *, annotator: str = "", to_read: bool = False) -> Session:
        """Open a project; one that another window has open is opened to read.

        Args:
            folder: The project folder.
            annotator: Who edits.
            to_read: Whether edits are refused in any case, so that others can make some.

        Raises:
            StoreError: It cannot be read.
        """
        store = ProjectStore.open(Path(folder), read_only=to_read)
        try:
            return cls(store, store.load(), annotator=annotator)
        except BaseException:
            store.close()
            raise

    @property
    def project(self) -> Project:
        """The project as it is now; a new value after every change."""
        return self._project

    @property
    def folder(self) -> Path:
        """The project folder."""
        return self._folder

    @property
    def read_only(self) -> bool:
        """Whether edits are refused."""
        return bool(self._read_only_reason)

    @property
    def read_only_reason(self) -> str:
        """The sentence that says why edits are refused; "" when they are not."""
        return self._read_only_reason

    @property
    def is_open_elsewhere(self) -> bool:
        """Whether edits are refused because another window had the project open when it was opened."""
        return self._is_open_elsewhere

    @property
    def is_saved(self) -> bool:
        """Whether every edit is on the disk."""
        return self._saving.unsaved_count == 0

    @property
    def unsaved_count(self) -> int:
        """How many edits are not on the disk yet."""
        return self._saving.unsaved_count

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to take back."""
        return self._steps.can_undo and not self.read_only

    @property
    def can_redo(self) -> bool:
        """Whether there is an edit to repeat."""
        return self._steps.can_redo and not self.read_only

    @property
    def undo_text(self) -> str:
        """The edit that :meth:`undo` takes back, in words; "" for none."""
        return self._steps.undo_text

    @property
    def redo_text(self) -> str:
        """The edit that :meth:`redo` repeats, in words; "" for none."""
        return self._steps.redo_text

    def new_id(self) -> str:
        """Return an id for something new in the project."""
        return clock.new_id()

    def now(self) -> str:
        """Return the present moment as edits carry it: ISO 8601 in UTC, to the second."""
        return clock.timestamp()

    def do(self, *edits: Edit, described_as: str = "", ahead: Applied | None = None) -> Changes:
        """Apply an edit, tell everybody, and send it to the disk.

        Args:
            edits: One, or several that are done and undone as one step; the last one names it.
            described_as: What the undo menu says instead of the edit's own words.
            ahead: What they make of the project, if that was worked out before; it is used when the
                project has not changed since.

        Returns:
            What changed; empty when the edit changed nothing.

        Raises:
            EditError: The edit is refused; the project is as it was.
        """
        self._refuse_read_only()
        if ahead is not None and ahead.before is self._project:
            project, changes = ahead.after, ahead.changes
        else:
            project, changes = apply(self._project, *edits)
        if changes.is_empty:
            return changes
        text = described_as or edits[-1].describe()
        self._steps.push(text, changes)
        self._publish(project, changes, text)
        self.told.emit("", text)
        return changes

    def undo(self) -> None:
        """Take the last edit or rejection back; does nothing when there is none.

        Edits from before the project was opened can be taken back too.

        Raises:
            EditError: The project is open to read, or the edit does not fit it any more.
        """
        self._refuse_read_only()
        if self._steps.can_undo:
            self._take(UNDO)

    def redo(self) -> None:
        """Repeat what was taken back last; does nothing when there is none.

        Raises:
            EditError: The project is open to read.
        """
        self._refuse_read_only()
        if self._steps.can_redo:
            self._take(REDO)

    @Slot()
    def retry_save(self) -> None:
        """Try again to save what could not be saved."""
        self._saving.retry()

    def back_up(self) -> None:
        """Have a backup made of what is on the disk then; nothing happens if nothing has changed."""
        if not self._read_only_reason:
            self._saving.back_up()

    def flush(self, timeout_ms: int = STOP_TIMEOUT_MS) -> bool:
        """Wait until everything is on the disk or could not be saved.

        Returns:
            Whether everything is on the disk.
        """
        return self._saving.flush(timeout_ms)

    # Videos

    def add_video(self, video: VideoRef, index: FrameIndex | None = None) -> Changes:
        """Add a video with the empty label tracks of the present annotator that most videos have.

        Args:
            video: Its path may be absolute; it is kept relative to the project where that holds.
            index: Its frames, if they are known.

        Raises:
            EditError: The video is in the project already, or the project is open to read.
        """
        changes = self.do(
            edit_to_add(video, self._project, folder=self._folder, annotator=self.annotator)
        )
        if index is not None:
            self.set_frame_index(video.id, index)
        if self._shelf.model_id:
            self._shelf.fetch(video.id, video.seen_content)
        return changes

    def video_path(self, video_id: str) -> Path:
        """Return where a video's file should be.

        Raises:
            KeyError: The project has no such video.
        """
        return located(self._project.video(video_id).path, self._folder)

    def frame_index(self, video_id: str) -> FrameIndex | None:
        """Return the frames of a video, or None until somebody scanned it."""
        return self._frame_indexes.get(video_id)

    def frame_indexes(self) -> Mapping[str, FrameIndex]:
        """Return the frames of all videos that were scanned, by video id."""
        return dict(self._frame_indexes)

    def set_frame_index(self, video_id: str, index: FrameIndex) -> None:
        """Remember the frames of a video for as long as the project is open."""
        if self._frame_indexes.get(video_id) != index:
            self._frame_indexes[video_id] = index
            self._see(video_id, index)
            self.frame_index_changed.emit(video_id)

    def label_track(self, video_id: str) -> Track | None:
        """Return the track that this annotator labels on, else the first of the video, or None."""
        tracks = self._project.tracks_of(video_id)
        own = (track for track in tracks if track.annotator == self.annotator)
        return next(own, tracks[0] if tracks else None)

    # Predictions

    @property
    def current_model_id(self) -> str:
        """The model whose predictions are shown; "" before the first."""
        return self._shelf.model_id

    @property
    def is_fetching_predictions(self) -> bool:
        """Whether kept predictions are being read; ``predictions_fetched`` tells the end."""
        return self._shelf.is_fetching

    def set_current_model(self, model_id: str) -> None:
        """Show another model's predictions; those that were kept on disk come by themselves."""
        contents = {video.id: video.seen_content for video in self._project.videos}
        self._shelf.use_model(model_id, contents)

    def prediction_track(self, video_id: str) -> PredictionTrack | None:
        """Return what the current model says about a video, or None."""
        return self._shelf.track(video_id)

    def prediction_tracks(self) -> tuple[PredictionTrack, ...]:
        """Return what the current model says about all videos of the project."""
        known = {video.id for video in self._project.videos}
        return tuple(track for track in self._shelf.tracks() if track.video_id in known)

    def prediction_tracks_of_all_models(self) -> tuple[PredictionTrack, ...]:
        """Return the tracks at hand of any model, for the videos of the project.

        Those of models that were not the current one since the project was opened are on disk only.
        """
        known = {video.id for video in self._project.videos}
        tracks = self._shelf.tracks_of_all_models()
        return tuple(track for track in tracks if track.video_id in known)

    def set_prediction_track(self, track: PredictionTrack) -> None:
        """Take a model's predictions for a video, show them and keep them on disk.

        The track's model becomes the current one.

        Raises:
            KeyError: The project has no such video.
        """
        self._shelf.put(track, self._project.video(track.video_id).seen_content)

    def rejected_predictions(self, video_id: str) -> frozenset[TimeSpan]:
        """Return the spans of the current model's predictions that the user rejected."""
        return self._shelf.rejected(video_id)

    def reject_prediction(self, video_id: str, span: TimeSpan) -> None:
        """Hide a prediction of the current model, now and after reopening; can be undone."""
        self._set_rejected(video_id, span, True, say("Reject prediction"))

    def restore_prediction(self, video_id: str, span: TimeSpan) -> None:
        """Show a rejected prediction of the current model again; can be undone."""
        self._set_rejected(video_id, span, False, say("Restore prediction"))

    def accept(
        self,
        video_id: str,
        predictions: Sequence[Prediction],
        *,
        labels: Mapping[str, int] | None = None,
        replace_overlapped: bool = True,
        with_classes: ChangeSchema | None = None,
        track_id: str = "",
    ) -> Changes:
        """Make segments of predictions of the current model, in one step.

        Args:
            video_id: The video.
            predictions: Of the video's prediction track.
            labels: Head name to class id where the user says something else than the model.
            replace_overlapped: Whether labels that lie under the predictions give way.
            with_classes: Adds classes that the labels need, in the same step.
            track_id: Where to; "" for the annotator's own track.

        Raises:
            KeyError: The project has no such track.
            EditError: The project lacks the classes, or the edit is refused.
        """
        found = self.prediction_track(video_id)
        target = self._project.track(track_id) if track_id else self.label_track(video_id)
        if found is None or target is None:
            raise EditError(
                say("There is nothing to accept in this video yet; let the model predict it first.")
            )
        edit = accept_edit(
            target,
            found,
            predictions,
            self._project.schema if with_classes is None else with_classes.schema,
            labels=labels,
            replace_overlapped=replace_overlapped,
        )
        return self.do(edit) if with_classes is None else self.do(with_classes, edit)

    # Closing

    def close(self, timeout_ms: int = STOP_TIMEOUT_MS) -> CloseReport:
        """Save what is waiting and close the project. A second call returns the first report.

        To ask the user before anything is given up, call :meth:`flush` first.

        Args:
            timeout_ms: How long the calling thread waits at most.
        """
        if not self._saving.is_closed:
            self._shelf.close(timeout_ms)
        return self._saving.close(timeout_ms)

    def _refuse_read_only(self) -> None:
        if self._read_only_reason:
            raise EditError(self._read_only_reason)
        if self._saving.is_closed:
            raise EditError(say("The project is closed; open it again to edit it."))

    def _see(self, video_id: str, index: FrameIndex) -> None:
        """Put the labels of a video that was imported without its file on the file's own ticks."""
        before = self._project
        if not before.has_video(video_id) or before.video(video_id).timebase is not None:
            return
        edit = SeeVideo.of(video_id, index)
        project, changes = apply(before, edit)
        if self.read_only:
            # Labels are shown where they belong; whoever may write keeps that.
            self._project = project
            self.changed.emit(changes)
            return
        self._steps.translate(edit, changes, before)
        self._publish(project, changes, edit.describe())

    def _turn_to_stream(self, before: VideoRef, after: VideoRef) -> None:
        """Forget what was known of another stream of the same file: its frames, and what models said."""
        if before.stream != after.stream:
            self._frame_indexes.pop(after.id, None)
            self._shelf.turn_to(after.id, after.seen_content)

    def _set_rejected(self, video_id: str, span: TimeSpan, is_rejected: bool, text: str) -> None:
        rejection = self._shelf.rejection(video_id, span, is_rejected=is_rejected)
        if rejection is not None:
            self._steps.push(text, rejection)
            self._shelf.do(rejection)

    def _take(self, way: str) -> None:
        def go(text: str, step: Step) -> None:
            if isinstance(step, Rejection):
                # Kept with the predictions, not with the project.
                self._shelf.do(step)
            else:
                self._publish(apply_changes(self._project, step), step, f"{way}{text}")

        self.told.emit(way, self._steps.take(way, go))

    def _publish(self, project: Project, changes: Changes, text: str) -> None:
        self._project = project
        for row in changes.videos:
            if row.before is not None and row.after is not None:
                self._turn_to_stream(row.before, row.after)
        # First to the disk's queue: a slot of ``changed`` that edits again must come after this.
        self._saving.write(PendingCommit(changes, text, self.annotator))
        self.changed.emit(changes)
        # A video may come back as it was before its file was found.
        for row in changes.videos:
            index = self._frame_indexes.get(row.id)
            if index is not None and row.after is not None and row.after.timebase is None:
                self._see(row.id, index)
