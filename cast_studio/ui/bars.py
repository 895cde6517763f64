"""From the project to the timeline's bars, and from labels to words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from cast_studio.core.edits import RowChange
from cast_studio.core.known_classes import in_words_of
from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema
from cast_studio.core.predictions import Prediction, PredictionTrack
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Origin, Segment, Track
from cast_studio.ui.language import translate
from cast_studio.ui.timeline.rows import Bar, Row

_NEUTRAL = "#8a8a8a"


def label_text(labels: Mapping[str, int], schema: LabelSchema) -> str:
    """Return labels as words, by the order of the heads: ``rotate-left · striped disc``."""
    names = [
        head.class_with_id(labels[head.name]).name
        for head in schema.heads
        if head.name in labels and head.has_class(labels[head.name])
    ]
    return " · ".join(names) if names else translate("Label", "no class yet")


def first_class(labels: Mapping[str, int], schema: LabelSchema) -> LabelClass | None:
    """Return the class that gives labels their color: that of the first head; None without one."""
    for head in schema.heads:
        class_id = labels.get(head.name)
        if class_id is not None and head.has_class(class_id):
            return head.class_with_id(class_id)
    return None


def label_color(labels: Mapping[str, int], schema: LabelSchema) -> str:
    """Return the color of labels: that of the first head's class; a neutral one without."""
    found = first_class(labels, schema)
    return _NEUTRAL if found is None else found.color


def prediction_text(prediction: Prediction, heads: Sequence[LabelHead]) -> str:
    """Return the model's first choice of each head as words."""
    names = [
        head.classes[prediction.best(head.name)[0]].name
        for head in heads
        if head.name in prediction.scores
    ]
    return " · ".join(names)


def label_row(track: Track | None, schema: LabelSchema) -> Row:
    """Return the bars of a label track; an empty row without one."""
    if track is None:
        return Row()
    bars = [label_bar(segment, schema) for segment in track.segments]
    return Row(bars, stacked=not track.exclusive)


def changed_row(row: Row, changes: Iterable[RowChange[Segment]], schema: LabelSchema) -> Row:
    """Return a label row after changes of its track's segments; only these are looked at."""
    rows = tuple(changes)
    return row.replacing(
        [change.id for change in rows if change.before is not None],
        [label_bar(change.after, schema) for change in rows if change.after is not None],
    )


def prediction_row(
    track: PredictionTrack | None, schema: LabelSchema, rejected: Collection[TimeSpan]
) -> Row:
    """Return the bars of what a model says, without what was rejected.

    The key of a bar is ``start:end``, which :func:`span_of_key` reads.
    """
    if track is None:
        return Row()
    heads = in_words_of(schema, track.heads)
    return Row(
        tuple(
            Bar(
                key=key_of_span(prediction.span),
                span=prediction.span,
                text=prediction_text(prediction, heads),
                color=_prediction_color(prediction, heads, schema),
                confidence=prediction.confidence,
            )
            for prediction in track.predictions
            if prediction.span not in rejected
        )
    )


def key_of_span(span: TimeSpan) -> str:
    """Return the key by which the timeline names a segment of the model."""
    return f"{span.start}:{span.end}"


def span_of_key(key: str) -> TimeSpan:
    """Read what :func:`key_of_span` wrote."""
    start, end = key.split(":")
    return TimeSpan(int(start), int(end))


def label_bar(segment: Segment, schema: LabelSchema) -> Bar:
    """Return the bar of a label; a subject is named behind its classes."""
    text, first = label_text(segment.labels, schema), first_class(segment.labels, schema)
    return Bar(
        key=segment.id,
        span=segment.span,
        text=f"{text} ({segment.subject})" if segment.subject else text,
        color=_NEUTRAL if first is None else first.color,
        is_accepted=segment.origin is Origin.ACCEPTED
        or (segment.origin is Origin.CORRECTED and bool(segment.model_id)),
        has_note=bool(segment.note),
        kind=-1 if first is None else first.id,
    )


def _prediction_color(
    prediction: Prediction, heads: Sequence[LabelHead], schema: LabelSchema
) -> str:
    if not heads:
        return _NEUTRAL
    best = heads[0].classes[prediction.best(heads[0].name)[0]]
    # The project may have given the class another color than the model was shipped with.
    if schema.has_head(heads[0].name):
        known = schema.head(heads[0].name).class_known_as(best.name)
        if known is not None:
            return known.color
    return best.color
