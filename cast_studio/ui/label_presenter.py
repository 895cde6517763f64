"""What the label panel shows about the current item. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cast_studio.core.known_classes import in_words_of
from cast_studio.core.labels import LabelSchema
from cast_studio.core.predictions import Prediction, PredictionTrack
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.core.tracks import Origin, Segment
from cast_studio.ui import wording
from cast_studio.ui.annotation_controller import Current
from cast_studio.ui.bars import label_text, prediction_text
from cast_studio.ui.label_panel import LabelView
from cast_studio.ui.language import marked, shown, translate
from cast_studio.ui.score_table import ScoreRow, score_rows

_ORIGINS = {
    Origin.MANUAL: marked("Label"),
    Origin.IMPORTED: marked("Label, imported"),
    Origin.ACCEPTED: marked("Label, accepted from the model"),
    Origin.CORRECTED: marked("Label, corrected from the model"),
}


def label_view(
    current: Current,
    opinion: tuple[Prediction, PredictionTrack] | None,
    schema: LabelSchema,
    frames: FrameIndex,
    *,
    can_edit: bool,
    selected: Sequence[Segment] = (),
    begun: Mapping[str, int] | None = None,
    also_begun: str = "",
    keys: str = "",
) -> LabelView | None:
    """Return what to show; None when there is nothing.

    Args:
        current: What commands act on.
        opinion: What the model thinks of it.
        schema: Of the project.
        frames: Of the shown video.
        can_edit: Whether labels may be changed.
        selected: All labels that are selected; the current one is one of them.
        begun: The classes of a label that was begun and not ended; the range is what it is so far.
        also_begun: What else was begun in the video, in words.
        keys: Lines that say which key labels with which class; shown for a range.
    """
    if current.segment is not None:
        view = _view_of_label(current.segment, opinion, schema, frames, can_edit)
        return _view_of_several(view, selected, schema, frames) if len(selected) > 1 else view
    if current.marked is not None:
        view = _view_of_range(current.marked, opinion, schema, frames, can_edit)
        if not begun:
            has_room = bool(keys) and not view.rows
            return replace(view, opinion=f"{view.opinion}\n\n{keys}") if has_room else view
        how = translate("Label", "The key of its class ends it; back out to drop it.")
        also = translate("Label", "Also begun: {labels}").format(labels=also_begun)
        return replace(
            view,
            kind=translate("Label", "Label that was begun"),
            title=label_text(begun, schema),
            opinion="\n".join((how, also) if also_begun else (how,)),
        )
    if current.prediction is None or current.track is None:
        return None
    prediction, heads = current.prediction, in_words_of(schema, current.track.heads)
    return LabelView(
        kind=translate("Label", "Segment of the model, {percent} sure").format(
            percent=wording.percent(prediction.confidence)
        ),
        title=prediction_text(prediction, heads),
        times=times_text(prediction.span, frames),
        rows=score_rows(prediction, heads, {}),
        opinion=translate("Label", "What the model thinks; click a class to correct it."),
        can_edit=can_edit,
        subject="prediction",
    )


def times_text(span: TimeSpan, frames: FrameIndex) -> str:
    """Return from when to when a span is, and how long; only when, if it is a moment."""
    start, end = frames.to_seconds(span.start), frames.to_seconds(span.end)
    if span.is_point:
        return wording.clock(start)
    length = f"{end - start:.2f}{wording.THIN_SPACE}s"
    return f"{wording.clock(start)} – {wording.clock(end)} · {length}"


def _view_of_range(
    marked: TimeSpan,
    opinion: tuple[Prediction, PredictionTrack] | None,
    schema: LabelSchema,
    frames: FrameIndex,
    can_edit: bool,
) -> LabelView:
    words = translate("Label", "Choose its classes, or back out to drop it.")
    if opinion is not None:
        words += " " + translate("Label", "Or click a class that the model suggests.")
    return LabelView(
        kind=translate("Label", "Marked range"),
        title=translate("Label", "Not labelled yet"),
        times=times_text(marked, frames),
        rows=_rows(opinion, schema, {}),
        opinion=words,
        can_edit=can_edit,
        subject="range",
    )


def _view_of_label(
    segment: Segment,
    opinion: tuple[Prediction, PredictionTrack] | None,
    schema: LabelSchema,
    frames: FrameIndex,
    can_edit: bool,
) -> LabelView:
    chosen = {
        head.name: head.class_with_id(segment.labels[head.name]).name
        for head in schema.heads
        if head.name in segment.labels and head.has_class(segment.labels[head.name])
    }
    words = translate("Label", "The model has not looked at this part yet.")
    if opinion is not None:
        guessed = {
            head.name: head.classes[opinion[0].best(head.name)[0]].name
            for head in in_words_of(schema, opinion[1].heads)
        }
        agrees = all(guessed.get(head, name) == name for head, name in chosen.items())
        words = (
            translate("Label", "The model agrees.")
            if agrees
            else translate("Label", "The model thinks otherwise.")
        )
    return LabelView(
        kind=_kind_of(segment),
        title=label_text(segment.labels, schema),
        times=times_text(segment.span, frames),
        rows=_rows(opinion, schema, chosen),
        opinion=words,
        segment_id=segment.id,
        note=segment.note,
        owner=segment.subject,
        can_edit=can_edit,
    )


def _view_of_several(
    view: LabelView, selected: Sequence[Segment], schema: LabelSchema, frames: FrameIndex
) -> LabelView:
    """Say of several labels what they have in common; the rest stays as the first one has it."""
    kind = translate("Label", "{labels} selected, changed together").format(
        labels=wording.counted(len(selected), "label")
    )
    is_same = all(segment.labels == selected[0].labels for segment in selected)
    title = view.title if is_same else translate("Label", "Different classes")
    start = frames.to_seconds(min(segment.span.start for segment in selected))
    end = frames.to_seconds(max(segment.span.end for segment in selected))
    times = f"{wording.clock(start)} – {wording.clock(end)}"
    return replace(view, kind=kind, title=title, times=times, count=len(selected))


def _kind_of(segment: Segment) -> str:
    if segment.span.is_point and segment.origin is Origin.MANUAL:
        return translate("Label", "Point event")
    if segment.origin is Origin.CORRECTED and not segment.model_id:
        # It was imported, or put together from several.
        return translate("Label", "Label, corrected")
    return shown(_ORIGINS[segment.origin])


def _rows(
    opinion: tuple[Prediction, PredictionTrack] | None, schema: LabelSchema, chosen: dict[str, str]
) -> tuple[ScoreRow, ...]:
    if opinion is None:
        return ()
    return score_rows(opinion[0], in_words_of(schema, opinion[1].heads), chosen)
