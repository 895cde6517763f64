"""The words of the label picker, and the model's opinion by the project's own class ids."""

from __future__ import annotations

from collections.abc import Sequence

from cast_studio.core.labels import LabelHead, LabelSchema
from cast_studio.core.predictions import Prediction
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.ui import wording
from cast_studio.ui.label_question import LabelTarget
from cast_studio.ui.language import translate


def question_title(target: LabelTarget, span: TimeSpan, frames: FrameIndex) -> str:
    """Return what is labelled and when it is, in a few words."""
    start, end = (wording.clock(frames.to_seconds(pts)) for pts in (span.start, span.end))
    what = translate("Label", "New label")
    if target.others:
        return wording.counted(len(target.others) + 1, "label")
    if target.segment_id:
        what = translate("Label", "Label")
    elif target.prediction is not None:
        what = translate("Label", "Correct the model")
    return f"{what}, {start} – {end}"


def suggestions_for(
    prediction: Prediction, heads: Sequence[LabelHead], schema: LabelSchema
) -> dict[str, dict[int, float]]:
    """Return a prediction by the project's class ids; classes it does not have are left out.

    Args:
        prediction: Scores in the order of ``heads``' classes.
        heads: Of the model.
        schema: Of the project; a class is the same when head and name, or a former name, are.
    """
    found: dict[str, dict[int, float]] = {}
    for head in heads:
        if not schema.has_head(head.name) or head.name not in prediction.scores:
            continue
        own = schema.head(head.name)
        by_id: dict[int, float] = {}
        for position, value in enumerate(prediction.scores[head.name].tolist()):
            known = own.class_known_as(head.classes[position].name)
            if known is not None and not known.retired:
                by_id[known.id] = by_id.get(known.id, 0.0) + value  # of merged classes
        if by_id:
            found[head.name] = by_id
    return found


def best_classes(
    prediction: Prediction, heads: Sequence[LabelHead], schema: LabelSchema
) -> dict[str, int]:
    """Return the model's first choice of each head among the project's own classes."""
    found = suggestions_for(prediction, heads, schema)
    return {head: max(values, key=values.__getitem__) for head, values in found.items()}
