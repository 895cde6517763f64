"""Keeps the timeline in step with the project and the view state, and passes on what is done there."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from PySide6.QtCore import QObject, Slot

from cast_studio.core.edits import Changes, SegmentChange
from cast_studio.core.reviewed import union
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Track
from cast_studio.ui.actions import Actions
from cast_studio.ui.bars import changed_row, key_of_span, label_row, prediction_row, span_of_key
from cast_studio.ui.commands import Do
from cast_studio.ui.key_hints import how_to_label, how_to_predict
from cast_studio.ui.model_controller import ModelState
from cast_studio.ui.studio import Studio
from cast_studio.ui.timeline.lanes import MODEL, BarLane
from cast_studio.ui.timeline.rows import Row
from cast_studio.ui.timeline.selecting import Chosen
from cast_studio.ui.timeline.widget import Timeline
from cast_studio.ui.timeline_strips import TimelineStrips
from cast_studio.ui.view_state import LabelSelection, PredictionSelection, Selection


class TimelinePresenter(QObject):
    """Shows tracks, what was reviewed and what the model says; small changes cost little.

    Attributes:
        strips: Shows the video itself, above the tracks.
    """

    def __init__(self, studio: Studio, timeline: Timeline, actions: Actions) -> None:
        super().__init__(timeline)
        self._studio = studio
        self._actions = actions
        self._timeline = timeline
        self._rows: dict[str, tuple[Track, Row]] = {}
        self._model = BarLane(MODEL, self.tr("Model"), is_model=True)
        self._frame_before: int | None = None
        self.strips = TimelineStrips(studio, timeline, actions)
        self._connect()

    def _connect(self) -> None:
        studio, timeline = self._studio, self._timeline
        studio.state.selection_changed.connect(self._on_selection_changed)
        studio.state.range_changed.connect(self._on_range_changed)
        studio.class_labelling.open_changed.connect(self._show_begun)
        studio.state.tracks_changed.connect(self.refresh)
        # The row says what the model is doing, until there are segments on it.
        for signal in (studio.models.began, studio.models.idle):
            signal.connect(self.refresh_predictions)
        timeline.seek_requested.connect(studio.playback.show_pts)
        timeline.labels_chosen.connect(self._on_labels_chosen)
        timeline.prediction_clicked.connect(self._on_prediction_clicked)
        timeline.ground_clicked.connect(self._on_ground_clicked)
        timeline.activated.connect(studio.annotations.edit_label)
        timeline.retime_requested.connect(studio.segments.retime)
        timeline.move_requested.connect(studio.segments.move)
        timeline.range_drawn.connect(studio.state.mark)
        timeline.track_chosen.connect(studio.tracks.choose)
        timeline.track_activated.connect(self._on_track_activated)
        timeline.track_moved.connect(studio.tracks.move_to)
        timeline.edge_dragged.connect(self._on_edge_dragged)
        timeline.drag_ended.connect(self._on_drag_ended)
        self.strips.changed.connect(self._show)
        # The hints name keys.
        self._actions.keys_changed.connect(self._show)
        self._actions.keys_changed.connect(self.refresh_predictions)

    # -- what is shown

    @Slot()
    def refresh(self) -> None:
        """Show all tracks of the shown video anew."""
        self._rows.clear()
        self._show()

    def show_changes(self, changes: Changes) -> None:
        """Show what an edit has changed."""
        session = self._studio.session
        if session is None:
            return
        if changes.schema:
            self.refresh()
            return
        by_track: defaultdict[str, list[SegmentChange]] = defaultdict(list)
        for change in changes.segments:
            by_track[change.track_id].append(change)
        for track_id, rows in by_track.items():
            if track_id in self._rows and session.project.has_track(track_id):
                track = session.project.track(track_id)
                before, row = self._rows[track_id]
                if track.exclusive == before.exclusive:
                    changed = changed_row(row, rows, session.project.schema)
                    self._rows[track_id] = (track, changed)
        self._show()

    @Slot()
    def _show(self) -> None:
        session = self._studio.session
        if not self._studio.state.video_id:
            self._timeline.show_lanes(())  # or those of the project before would stand there
            return
        if session is None:
            return
        lanes = [self._lane_of(track) for track in self._studio.tracks.shown_tracks]
        reviewed = session.project.reviewed_in(self._studio.state.video_id)
        self._timeline.set_editable(not session.read_only)
        self._timeline.show_lanes(
            (*self.strips.lanes, *lanes, self._model),
            reviewed=union(found.span for found in reviewed),
        )

    def _lane_of(self, track: Track) -> BarLane:
        session = self._studio.session
        kept = self._rows.get(track.id)
        row = kept[1] if kept is not None and kept[0].exclusive == track.exclusive else None
        if row is None or session is None:
            schema = session.project.schema if session is not None else None
            row = label_row(track, schema) if schema is not None else Row()
        self._rows[track.id] = (track, row)
        active = self._studio.annotations.track
        is_active = active is not None and active.id == track.id
        by = self.tr("{track}, labelled by {annotator}").format(
            track=track.name, annotator=track.annotator or self.tr("nobody in particular")
        )
        may = (
            self.tr("Labels may not overlap.")
            if track.exclusive
            else self.tr("Labels may overlap.")
        )
        can_label = session is not None and not session.read_only
        what = self.tr("Click to label here, right-click for more.")
        if can_label and len(self._studio.tracks.shown_tracks) > 1:
            keys = ", ".join(
                filter(None, map(self._actions.key_text, (Do.TRACK_UP, Do.TRACK_DOWN)))
            )
            moves = self.tr("Drag it up or down to move it.")
            what += f"\n{moves} ({keys})" if keys else f"\n{moves}"
        is_idle = self._studio.state.marked is None
        return BarLane(
            track.id,
            track.name,
            row,
            hint=how_to_label(self._actions) if is_active and can_label and is_idle else "",
            tip=f"{by}\n{may} {what}",
            is_active=is_active,
            exclusive=track.exclusive,
        )

    @Slot()
    def refresh_predictions(self) -> None:
        """Show the model's segments of the shown video anew."""
        session, video_id = self._studio.session, self._studio.state.video_id
        if session is None or not video_id:
            return
        track = session.prediction_track(video_id)
        rejected = session.rejected_predictions(video_id)
        row = prediction_row(track, session.project.schema, rejected)
        self._model = replace(self._model, row=row, hint=self._hint(has_track=track is not None))
        self._show()

    def _hint(self, *, has_track: bool) -> str:
        if has_track:
            return self.tr("The model has nothing to say about this video.")
        if self._studio.training.is_running:
            return self.tr("The model is being retrained.")
        if self._studio.models.is_predicting_video(self._studio.state.video_id):
            return self.tr("The model is making a first pass; its segments will stand here.")
        if self._studio.models.is_predicting:
            return self.tr("The model is busy with another video.")
        return {
            ModelState.LOADING: self.tr("Loading the model…"),
            ModelState.READY: how_to_predict(self._actions),
            ModelState.FAILED: self.tr("The model could not be loaded."),
            ModelState.ABSENT: self.tr("No model is loaded."),
        }[self._studio.models.state]

    # -- the view state

    @Slot()
    def _show_begun(self) -> None:
        # The last one is shown as the marked range.
        others = self._studio.class_labelling.open_labels[:-1]
        self._timeline.show_begun(tuple(one.start for one in others))

    @Slot(object)
    def _on_range_changed(self, span: TimeSpan | None) -> None:
        self._timeline.mark(span)
        self._show()

    @Slot(object)
    def _on_selection_changed(self, selection: Selection) -> None:
        if isinstance(selection, LabelSelection):
            chosen = Chosen(selection.segment_id, frozenset(selection.ids))
            self._timeline.select(labels=chosen)
        elif isinstance(selection, PredictionSelection):
            self._timeline.select(prediction=key_of_span(selection.span))
        else:
            self._timeline.select()

    # -- what is done

    @Slot(object)
    def _on_labels_chosen(self, chosen: Chosen) -> None:
        if not chosen.keys:
            self._studio.state.select(None)
            return
        self._studio.state.select(LabelSelection(chosen.primary, chosen.keys - {chosen.primary}))

    @Slot(str)
    def _on_prediction_clicked(self, key: str) -> None:
        self._studio.state.select(PredictionSelection(span_of_key(key)))

    @Slot()
    def _on_ground_clicked(self) -> None:
        self._studio.state.select(None)
        self._studio.state.mark(None)

    @Slot(str)
    def _on_track_activated(self, track_id: str) -> None:
        self._studio.tracks.choose(track_id)
        self._studio.tracks.edit()

    @Slot(object)
    def _on_edge_dragged(self, pts: int) -> None:
        """Show the frame at an edge that is being dragged."""
        if self._frame_before is None:
            self._frame_before = self._studio.state.frame_index
            self._studio.playback.pause()
        self._studio.playback.show_pts(pts)

    @Slot()
    def _on_drag_ended(self) -> None:
        """Show the frame that was on screen before."""
        if self._frame_before is not None:
            frame, self._frame_before = self._frame_before, None
            self._studio.playback.show_frame(frame)
