"""Keeps the panels and the commands in step with the project and the view state."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QImage

from cast_studio.app.session import Session
from cast_studio.core.edits import Changes
from cast_studio.core.labels import LabelSchema
from cast_studio.core.project import Project
from cast_studio.core.tracks import Segment
from cast_studio.ui import wording
from cast_studio.ui.actions import Actions
from cast_studio.ui.commands import Do, Need
from cast_studio.ui.key_hints import class_key_lines
from cast_studio.ui.label_presenter import label_view
from cast_studio.ui.needs import met_needs
from cast_studio.ui.stage_presenter import StagePresenter
from cast_studio.ui.studio import Studio
from cast_studio.ui.toolbar import TopBar
from cast_studio.ui.view_state import LabelSelection
from cast_studio.ui.workspace import Workspace

_LIST_DELAY_MS = 100
_PLAN_DELAY_MS = 130  # not together with the list


class PanelPresenter(QObject):
    """Shows the project in the panels, and which commands are possible.

    Signals:
        save_failed: A sentence; trying again makes sense.
    """

    save_failed = Signal(str)

    def __init__(
        self,
        studio: Studio,
        actions: Actions,
        workspace: Workspace,
        top: TopBar,
        stage: StagePresenter,
    ) -> None:
        super().__init__(workspace)
        self._studio = studio
        self._actions = actions
        self._workspace = workspace
        self._top = top
        self._stage = stage
        self._met: frozenset[Need] | None = None
        self._session: Session | None = None
        self._keys: tuple[LabelSchema, bool, str] | None = None
        self._chosen: tuple[Project, LabelSelection, tuple[Segment, ...]] | None = None
        # Several signals of one gesture cause one refresh.
        self._pending = QTimer(self)
        self._pending.setSingleShot(True)
        self._pending.setInterval(0)
        self._pending.timeout.connect(self.refresh)
        # The list may be long, and nobody sees whether its bars are a moment late.
        self._listing = QTimer(self)
        self._listing.setSingleShot(True)
        self._listing.setInterval(_LIST_DELAY_MS)
        self._listing.timeout.connect(self.refresh_videos)
        # Nor whether the counts of what can be learned are.
        self._planning = QTimer(self)
        self._planning.setSingleShot(True)
        self._planning.setInterval(_PLAN_DELAY_MS)
        self._planning.timeout.connect(studio.training.refresh_plan)
        self._connect()
        self.refresh()

    def _connect(self) -> None:
        studio, later = self._studio, self._pending.start
        studio.session_changed.connect(self._on_session_changed)
        for signal in (
            studio.models.state_changed,
            studio.models.progressed,
            studio.models.idle,
            studio.sample.began,
            studio.sample.ended,
            studio.imports.began,
            studio.imports.ended,
            studio.exports.began,
            studio.exports.ended,
            studio.training.began,
            studio.training.ended,
            studio.state.video_changed,
            studio.state.frames_known,
            studio.state.playhead_moved,
            studio.state.selection_changed,
            studio.state.range_changed,
            studio.state.tracks_changed,
            studio.class_labelling.open_changed,
        ):
            signal.connect(self._later)
        panel = self._workspace.label_panel
        panel.class_clicked.connect(self._on_class_clicked)
        panel.note_written.connect(studio.segments.write_note)
        panel.subject_written.connect(studio.segments.write_subject)
        studio.projects.leaving.connect(panel.finish_note)
        videos = self._workspace.video_list
        videos.video_chosen.connect(studio.state.show_video)
        videos.removal_wanted.connect(studio.projects.remove_videos)
        videos.show_thumbnails(self._picture_of)
        studio.covers.arrived.connect(videos.refresh_thumbnail)
        studio.missing.changed.connect(studio.covers.try_again)
        studio.missing.changed.connect(self._later)
        studio.missing.changed.connect(self._list_later)
        later()

    @Slot()
    def refresh_videos(self) -> None:
        """Show the videos and how far each is."""
        self._list_videos()

    def _list_videos(self, changed: Set[str] | None = None) -> None:
        session, studio = self._session, self._studio
        if session is None:
            self._workspace.video_list.show_project(None)
            return
        tracks = {track.video_id: track for track in session.prediction_tracks()}
        self._workspace.video_list.show_project(
            session.project, predictions=tracks, missing=studio.missing.ids, changed=changed
        )

    def _picture_of(self, video_id: str) -> QImage | None:
        session = self._session
        if session is None or not session.project.has_video(video_id):
            return None
        stream = session.project.video(video_id).stream
        return self._studio.covers.picture(video_id, session.video_path(video_id), stream)

    @Slot()
    def _list_later(self) -> None:
        if not self._listing.isActive():
            self._listing.start()

    @Slot()
    def _later(self) -> None:
        if not self._pending.isActive():
            self._pending.start()

    @Slot()
    def refresh(self) -> None:
        """Show the current item and what can be done now."""
        studio = self._studio
        session, frames = studio.session, studio.state.frames
        met = met_needs(studio)
        if met != self._met:
            self._met = met
            self._actions.update_enabled(met)
        self._name_undo(session)
        view, begun = None, studio.class_labelling.open_label
        if session is not None and frames is not None:
            view = label_view(
                studio.annotations.current,
                studio.annotations.opinion,
                session.project.schema,
                frames,
                can_edit=not session.read_only,
                selected=self._selected(session.project),
                begun=begun.labels if begun is not None else None,
                also_begun=studio.class_labelling.other_text,
                keys=self._key_lines(session.project.schema),
            )
        panel = self._workspace.label_panel
        if view is None and frames is None and studio.state.video_id in studio.missing.ids:
            panel.show_nothing(
                self.tr("The video is missing"),
                self.tr("Its labels are kept. Locate the file to see them and to go on."),
            )
        elif view is None:
            panel.show_nothing()
        elif view != panel.view:
            panel.show_view(view)
        self._workspace.video_list.choose(studio.state.video_id)

    def _selected(self, project: Project) -> tuple[Segment, ...]:
        selection = self._studio.state.selection
        if not isinstance(selection, LabelSelection):
            return self._studio.segments.selected
        if (
            self._chosen is None
            or self._chosen[0] is not project
            or self._chosen[1] is not selection
        ):
            # Asked for at every frame while playing, and there may be thousands.
            self._chosen = project, selection, self._studio.segments.selected
        return self._chosen[2]

    def _key_lines(self, schema: LabelSchema) -> str:
        letters = self._studio.services.preferences.letters_label
        if self._keys is None or self._keys[0] is not schema or self._keys[1] != letters:
            # Asked for at every frame while playing.
            self._keys = schema, letters, class_key_lines(schema, letters_label=letters)
        return self._keys[2]

    def _name_undo(self, session: Session | None) -> None:
        undo, redo = (session.undo_text, session.redo_text) if session is not None else ("", "")
        undo_it = self.tr("Undo {edit}").format(edit=_in_a_sentence(undo))
        redo_it = self.tr("Redo {edit}").format(edit=_in_a_sentence(redo))
        self._actions.name(Do.UNDO, undo_it if undo else self.tr("Undo"))
        self._actions.name(Do.REDO, redo_it if redo else self.tr("Redo"))

    @Slot(object)
    def _on_session_changed(self, session: Session | None) -> None:
        self._session = session
        self._chosen = None  # it holds the whole project
        self._top.show_project(
            session.project.name if session is not None else "",
            read_only=session is not None and session.read_only,
        )
        self.refresh_videos()
        if session is not None:
            session.changed.connect(self._on_changed)
            session.saved.connect(self._on_saved)
            session.save_failed.connect(self._on_save_failed)
            session.predictions_changed.connect(self._on_predictions_changed)
            session.prediction_cache_failed.connect(self._on_cache_failed)
        self._later()

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        session = self._studio.session
        if session is None:
            return
        self._top.show_saved(None)
        beside = ""
        if changes.videos:
            beside = self._beside_the_shown(changes)
            self._list_videos({row.id for row in changes.videos})
        self._list_later()
        self._stage.lanes.show_changes(changes)
        if changes.schema:
            self._stage.lanes.refresh_predictions()
        if not self._planning.isActive():
            self._planning.start()
        self._leave_removed_video(session, beside)
        self._later()

    def _beside_the_shown(self, changes: Changes) -> str:
        gone = {row.id for row in changes.videos if row.after is None}
        return self._workspace.video_list.beside(self._studio.state.video_id, gone)

    def _leave_removed_video(self, session: Session, beside: str) -> None:
        """Show the next video of the list when the shown one is not in the project any more."""
        if not session.project.has_video(self._studio.state.video_id):
            first = next(iter(session.project.videos), None)
            self._studio.state.show_video(beside or (first.id if first is not None else ""))

    @Slot(int, object)
    def _on_saved(self, revision: int, moment: datetime) -> None:
        self._top.show_saved(moment)

    @Slot(str)
    def _on_save_failed(self, sentence: str) -> None:
        self._top.show_unsaved()
        self.save_failed.emit(sentence)

    @Slot(str)
    def _on_cache_failed(self, sentence: str) -> None:
        self._studio.services.messages.tell("warning", sentence)

    @Slot(str)
    def _on_predictions_changed(self, video_id: str) -> None:
        self._list_later()
        if video_id == self._studio.state.video_id:
            self._stage.lanes.refresh_predictions()
            self._later()

    @Slot(str, str)
    def _on_class_clicked(self, head: str, name: str) -> None:
        session = self._studio.session
        if session is None or not session.project.schema.has_head(head):
            return
        found = session.project.schema.head(head).class_known_as(name)
        if found is not None:
            self._studio.annotations.choose_class(head, found.id)
        else:
            self._studio.services.messages.tell(
                "warning",
                self.tr(
                    "The project has no {head} called “{name}”; add it to the label first."
                ).format(head=head, name=name),
            )


def _in_a_sentence(edit: str) -> str:
    words = wording.told(edit)
    # Only of English is it known that the first letter is a small one then.
    is_english = words.replace(wording.THIN_SPACE, ",") == edit
    return words[:1].lower() + words[1:] if is_english else words
