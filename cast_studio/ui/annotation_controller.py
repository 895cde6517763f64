"""What the keys and buttons of labelling do: every change of labels goes through here."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal, Slot

from cast_studio.app.session import Session
from cast_studio.core.edits import (
    AddSegments,
    Changes,
    ChangeSchema,
    Edit,
    RelabelSegments,
    apply,
)
from cast_studio.core.predictions import Prediction, PredictionTrack
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Segment, Track
from cast_studio.errors import EditError
from cast_studio.ui.class_adding import schema_with_new_classes
from cast_studio.ui.label_habits import LabelHabits
from cast_studio.ui.label_question import LabelAnswer, LabelQuestion, LabelTarget
from cast_studio.ui.label_wording import best_classes, question_title, suggestions_for
from cast_studio.ui.view_state import (
    LabelSelection,
    PredictionSelection,
    TrackName,
    ViewState,
)


@dataclass(frozen=True, slots=True)
class Current:
    """What commands act on: the selection, or else what lies under the playhead.

    Attributes:
        segment: A label.
        prediction: A segment of the model.
        track: Where ``prediction`` is from.
        marked: A marked range that is to become a label; then there is nothing else.
    """

    segment: Segment | None = None
    prediction: Prediction | None = None
    track: PredictionTrack | None = None
    marked: TimeSpan | None = None

    @property
    def span(self) -> TimeSpan | None:
        """When the current item is; the label's time where there is a label."""
        if self.segment is not None:
            return self.segment.span
        return self.prediction.span if self.prediction is not None else self.marked


class AnnotationController(QObject):
    """Changes the labels of the shown video. GUI thread.

    Signals:
        refused: A sentence: why something was not done.
        labels_wanted: A :class:`LabelQuestion` to ask; :meth:`answer` takes the answer.
    """

    refused = Signal(str)
    labels_wanted = Signal(object)

    def __init__(self, state: ViewState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._session: Session | None = None
        self._kept: tuple[PredictionTrack, frozenset[TimeSpan], PredictionTrack] | None = None
        self._habits = LabelHabits()

    def set_session(self, session: Session | None) -> None:
        """Work on another project, or on none."""
        self._session = session
        self._habits = LabelHabits(session.project if session is not None else None)
        if session is not None:
            session.changed.connect(self._on_changed)

    @property
    def habits(self) -> LabelHabits:
        """What this project labels most and labelled last."""
        return self._habits

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        self._habits.learn(changes)

    # -- what there is

    @property
    def track(self) -> Track | None:
        """The track that is labelled on."""
        if self._session is None or not self._state.video_id:
            return None
        chosen = self._state.track
        for track in self._session.project.tracks_of(self._state.video_id):
            if chosen == TrackName(track.name, track.annotator):
                return track
        return self._session.label_track(self._state.video_id)

    @property
    def selected(self) -> tuple[Segment, ...]:
        """The selected labels, or the one under the playhead; the one that panels show first."""
        selection, session = self._state.selection, self._session
        if not isinstance(selection, LabelSelection) or session is None:
            segment = self.current.segment
            return () if segment is None else (segment,)
        found = session.project.segments_with(selection.ids)
        return tuple(found[key][1] for key in selection.ids if key in found)

    @property
    def predictions(self) -> PredictionTrack | None:
        """What the model says about the shown video, without what was rejected."""
        if self._session is None or not self._state.video_id:
            return None
        track = self._session.prediction_track(self._state.video_id)
        if track is None:
            return None
        rejected = self._session.rejected_predictions(self._state.video_id)
        # Asked for at every frame while playing; checking a long track anew would take too long.
        if self._kept is None or self._kept[0] is not track or self._kept[1] != rejected:
            kept = tuple(found for found in track.predictions if found.span not in rejected)
            self._kept = (track, rejected, replace(track, predictions=kept))
        return self._kept[2]

    @property
    def current(self) -> Current:
        """What commands act on."""
        track, predictions = self.track, self.predictions
        selection, playhead = self._state.selection, self._state.playhead
        if isinstance(selection, LabelSelection):
            return Current(segment=self._segment(selection.segment_id))
        if isinstance(selection, PredictionSelection):
            found = _with_span(predictions, selection.span)
            return Current(prediction=found, track=predictions if found else None)
        if self._state.marked is not None:
            return Current(marked=self._state.marked)
        if playhead is None:
            return Current()
        at = predictions.at(playhead) if predictions is not None else None
        segment = track.at(playhead) if track is not None else None
        return Current(segment, at, predictions if at is not None else None)

    @property
    def opinion(self) -> tuple[Prediction, PredictionTrack] | None:
        """What the model thinks of the current item: of a label or range, in its middle."""
        current, predictions = self.current, self.predictions
        span = current.span
        if predictions is None or span is None:
            return None
        found = predictions.at((span.start + span.end) // 2)
        if current.segment is None and current.prediction is not None:
            found = current.prediction
        return None if found is None else (found, predictions)

    # -- what the model said

    def accept(self) -> None:
        """Take the current segment of the model over as a label."""
        current = self.current
        if self._session is None or current.prediction is None:
            return
        self._accept(current.prediction, None)

    def reject(self) -> None:
        """Hide the current segment of the model."""
        prediction = self.current.prediction
        if self._session is not None and prediction is not None:
            self._session.reject_prediction(self._state.video_id, prediction.span)
            self._state.select(None)

    # -- labels

    def edit_label(self) -> None:
        """Ask for other classes of the current item; the selected one, else the label."""
        current = self.current
        if current.segment is not None:
            others = tuple(segment.id for segment in self.selected[1:])
            self._ask(LabelTarget(segment_id=current.segment.id, others=others))
        elif current.prediction is not None:
            self._ask(LabelTarget(prediction=current.prediction))
        else:
            self.label_range()

    def label_range(self) -> None:
        """Ask for the classes of the marked range, unless it cannot become a label."""
        marked, session, track = self._state.marked, self._session, self.track
        if marked is None or session is None or track is None:
            return
        try:
            # Now, and not when the classes have been typed.
            apply(session.project, AddSegments(track.id, (Segment(session.new_id(), marked, {}),)))
        except EditError as error:
            self.refused.emit(str(error))
            return
        self._ask(LabelTarget(span=marked))

    def answer(self, question: LabelQuestion, answer: LabelAnswer) -> None:
        """Do what the user chose in the picker; new classes are part of the same step."""
        session, target = self._session, question.target
        if session is None or not answer:
            return
        try:
            added, labels = schema_with_new_classes(session.project.schema, answer)
        except EditError as error:
            self.refused.emit(str(error))
            return
        if target.segment_id:
            ids = (target.segment_id, *target.others)
            self._do(added, RelabelSegments(ids, labels, session.now()))
        elif target.prediction is not None:
            self._accept(target.prediction, labels, added)
        elif target.span is not None:
            self._add(target.span, labels, added)

    def choose_class(self, head: str, class_id: int) -> None:
        """Give the current item another class of one head, as a click on a suggestion does."""
        current, session = self.current, self._session
        if session is None:
            return
        if current.segment is not None:
            ids = tuple(segment.id for segment in self.selected)
            self._do(RelabelSegments(ids, {head: class_id}, session.now()))
        elif self.opinion is not None:
            prediction, track = self.opinion
            labels = {**best_classes(prediction, track.heads, session.project.schema)}
            labels[head] = class_id
            if current.marked is not None:
                self._add(current.marked, labels)
            else:
                self._accept(prediction, labels)

    def give(self, labels: dict[str, int]) -> None:
        """Give the marked range, the selected labels or the segment of the model classes, by their keys."""
        current, session = self.current, self._session
        if session is None:
            return
        if self._state.marked is not None:
            self._add(self._state.marked, labels)
        elif current.segment is not None:
            ids = tuple(segment.id for segment in self.selected)
            self._do(RelabelSegments(ids, labels, session.now()))
        elif current.prediction is not None and current.track is not None:
            own = best_classes(current.prediction, current.track.heads, session.project.schema)
            self._accept(current.prediction, {**own, **labels})

    def label_span(self, span: TimeSpan, labels: dict[str, int]) -> bool:
        """Make a label of a span; returns whether it was made, else the user was told why not."""
        return self._add(span, labels)

    # -- helpers

    def _segment(self, segment_id: str) -> Segment | None:
        """Return a label of the shown video, on whatever track."""
        session = self._session
        if session is None:
            return None
        for track in session.project.tracks_of(self._state.video_id):
            if track.has_segment(segment_id):
                return track.segment(segment_id)
        return None

    def _ask(self, target: LabelTarget) -> None:
        session, frames = self._session, self._state.frames
        if session is None or frames is None:
            return
        schema = session.project.schema
        labels: dict[str, int] = {}
        span, opinion = target.span, self.opinion
        segment = self._segment(target.segment_id)
        if segment is not None:
            span, labels = segment.span, dict(segment.labels)
        elif target.prediction is not None:
            span = target.prediction.span
        if span is None:
            return
        if target.span is not None and self.predictions is not None:
            found = self.predictions.at((span.start + span.end) // 2)
            opinion = None if found is None else (found, self.predictions)
        suggestions = suggestions_for(opinion[0], opinion[1].heads, schema) if opinion else {}
        if not labels and target.prediction is not None:
            labels = best_classes(target.prediction, opinion[1].heads, schema) if opinion else {}
        title = question_title(target, span, frames)
        self.labels_wanted.emit(
            LabelQuestion(title, target, schema, labels, suggestions, self._habits)
        )

    def _accept(
        self,
        prediction: Prediction,
        labels: dict[str, int] | None,
        classes: ChangeSchema | None = None,
    ) -> None:
        if self._session is None:
            return
        try:
            changes = self._session.accept(
                self._state.video_id,
                [prediction],
                labels=labels,
                with_classes=classes,
                track_id=self.track.id if self.track is not None else "",
            )
        except EditError as error:
            self.refused.emit(str(error))
            return
        added = next((row.id for row in changes.segments if row.before is None), None)
        if added is not None:
            self._state.select(LabelSelection(added))

    def _add(
        self, span: TimeSpan, labels: dict[str, int], classes: ChangeSchema | None = None
    ) -> bool:
        session, track = self._session, self.track
        if session is None or track is None:
            return False
        segment = Segment(session.new_id(), span, labels, created_at=session.now())
        if not self._do(classes, AddSegments(track.id, (segment,))):
            return False
        self._state.mark(None)
        self._state.select(LabelSelection(segment.id))
        return True

    def _do(self, *edits: Edit | None) -> bool:
        if self._session is None:
            return False
        try:
            self._session.do(*(edit for edit in edits if edit is not None))
        except EditError as error:
            self.refused.emit(str(error))
            return False
        return True


def _with_span(track: PredictionTrack | None, span: TimeSpan) -> Prediction | None:
    if track is None:
        return None
    return next((found for found in track.overlapping(span) if found.span == span), None)
