"""From what a model says to what a person says: predictions become segments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from cast_studio.app.clock import new_id, timestamp
from cast_studio.core.edits import AcceptPredictions
from cast_studio.core.labels import LabelSchema
from cast_studio.core.predictions import Prediction, PredictionTrack
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Origin, Segment, Track
from cast_studio.errors import EditError
from cast_studio.said import say


def best_labels(
    prediction: Prediction, track: PredictionTrack, schema: LabelSchema
) -> dict[str, int]:
    """Return a prediction's best class of each head, by the project's class ids.

    A model and a project mean the same class when head and name are the same, or the class was
    called so before. What the project does
    not have, or has retired, is left out.

    Args:
        prediction: One of ``track``.
        track: Knows the model's classes.
        schema: Of the project.
    """
    labels: dict[str, int] = {}
    for head in track.heads:
        if not schema.has_head(head.name):
            continue
        name = head.classes[prediction.best(head.name)[0]].name
        found = schema.head(head.name).class_known_as(name)
        if found is not None and not found.retired:
            labels[head.name] = found.id
    return labels


def accepted_segment(
    prediction: Prediction,
    track: PredictionTrack,
    schema: LabelSchema,
    *,
    labels: Mapping[str, int] | None,
    segment_id: str,
    created_at: str,
) -> Segment:
    """Return the segment that a person makes of a prediction.

    Args:
        prediction: One of ``track``.
        track: Knows the model and its classes.
        schema: Of the project.
        labels: Head name to class id where the person says something else; None accepts the
            prediction as it is.
        segment_id: Unique in the project.
        created_at: ISO 8601 in UTC.

    Returns:
        An ACCEPTED segment when the labels are the prediction's best ones, else a CORRECTED one.

    Raises:
        EditError: The prediction is to be accepted as it is, and the project lacks its classes.
    """
    best = best_labels(prediction, track, schema)
    if labels is None:
        missing = _missing_classes(prediction, track, schema, best)
        if missing:
            raise EditError(
                say(
                    "The project's labels lack {missing}, so this prediction cannot be accepted; "
                    "add the class to the labels or choose another one.",
                    missing=missing,
                )
            )
        labels = best
    origin = Origin.ACCEPTED if dict(labels) == best and best else Origin.CORRECTED
    return Segment(
        id=segment_id,
        span=prediction.span,
        labels=labels,
        origin=origin,
        model_id=track.model_id,
        score=prediction.confidence,
        created_at=created_at,
    )


def accept_edit(
    target: Track,
    found: PredictionTrack,
    predictions: Sequence[Prediction],
    schema: LabelSchema,
    *,
    labels: Mapping[str, int] | None = None,
    replace_overlapped: bool = True,
) -> AcceptPredictions:
    """Return the edit that makes segments of predictions.

    Args:
        target: Where the segments go.
        found: Holds the predictions, and knows the model.
        predictions: Of ``found``.
        schema: Of the project.
        labels: Head name to class id where the person says something else than the model.
        replace_overlapped: Whether labels that lie under the predictions give way.

    Raises:
        EditError: The project lacks a class that was predicted.
    """
    now = timestamp()
    segments = tuple(
        accepted_segment(
            prediction, found, schema, labels=labels, segment_id=new_id(), created_at=now
        )
        for prediction in predictions
    )
    return AcceptPredictions(
        target.id,
        segments,
        replace_overlapped,
        new_ids=tuple(new_id() for _ in segments),
        modified_at=now,
    )


def without_accepted(found: PredictionTrack, tracks: Iterable[Track]) -> PredictionTrack:
    """Return what a model says without the predictions that are labels already.

    A label made of a prediction of this model, accepted or corrected, may have been moved, cut or
    merged since. It stands for every prediction that lies wholly in it, and for the one that it
    resembles most. Labels that do not come from this model say nothing about its predictions.

    Args:
        found: What the model says about a video.
        tracks: The label tracks of that video.
    """
    taken: set[TimeSpan] = set()
    for track in tracks:
        for segment in track.segments:
            if segment.model_id == found.model_id:
                taken |= _spans_taken(found, segment.span)
    kept = tuple(prediction for prediction in found.predictions if prediction.span not in taken)
    return replace(found, predictions=kept)


def _spans_taken(found: PredictionTrack, label: TimeSpan) -> set[TimeSpan]:
    near = [prediction.span for prediction in found.overlapping(label)]
    taken = {span for span in near if span.hull(label) == label}
    return taken | {max(near, key=label.iou)} if near else taken


def _missing_classes(
    prediction: Prediction,
    track: PredictionTrack,
    schema: LabelSchema,
    best: Mapping[str, int],
) -> str:
    shared = [head for head in track.heads if schema.has_head(head.name)]
    if not shared:
        heads = " and ".join(f"“{head.name}”" for head in track.heads)
        return f"the heads {heads} that this model predicts"
    names = [
        f"the {head.name} “{head.classes[prediction.best(head.name)[0]].name}”"
        for head in shared
        if head.name not in best
    ]
    return " and ".join(names)
