"""One row of text per segment: what the table formats write, before they quote or escape it.

Times are half-open. ``start_frame`` is the first frame that starts in the segment, ``stop_frame``
the first frame that starts after it, both counted from 0; a point event has the same in both. Frame
numbers are empty for a video whose frame index the caller does not have: they are never guessed
from a rate. Seconds are the file's own timestamps (ticks times the time base), rounded to the
microsecond; ``start_pts`` and ``stop_pts`` are the ticks themselves, ``timebase`` the seconds of
one, so that nothing is lost. A video whose file nobody has seen has ticks of its own.

``top5`` is what the model said where the label is now, also of a label that a person accepted or
edited. ``score`` is the model's probability of the label that the row shows: an edited label has
the score of the new classes, or none where the model does not know them or is not known itself.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from cast_studio.core.labels import LabelHead
from cast_studio.core.predictions import Prediction, PredictionTrack
from cast_studio.core.project import Project, VideoRef
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.core.tracks import Origin, Segment, Track

Row = Mapping[str, str]
"""Column name to cell; a column that does not apply is empty."""

COLUMNS = (
    "segment_id",
    "video_id",
    "video_path",
    "video_fingerprint",
    "fps_num",
    "fps_den",
    "n_frames",
    "start_frame",
    "stop_frame",
    "start_time_s",
    "stop_time_s",
    "start_timestamp",
    "stop_timestamp",
    "track",
    "label",
    "label_id",
    "verb",
    "verb_class",
    "noun",
    "noun_class",
    "subject",
    "source",
    "score",
    "top5",
    "uncertainty",
    "status",
    "annotator",
    "model_id",
    "split",
    "comment",
    "created_at",
    "modified_at",
    "timebase",
    "start_pts",
    "stop_pts",
    "origin",
    "attributes",
)

PREDICTION_TRACK = "predictions"
"""What the column ``track`` says of a model's own segments."""

_TOP = 5
_MICROSECONDS = 10**6


def columns_for(project: Project, predictions: Sequence[PredictionTrack]) -> tuple[str, ...]:
    """Return the columns of a project's rows.

    They are ``COLUMNS``, and two more for every head that has no columns of its own.
    """
    columns = dict.fromkeys(COLUMNS)
    for heads in (project.schema.heads, *(track.heads for track in predictions)):
        for head in heads:
            columns |= dict.fromkeys(_columns_of(head))
    return tuple(columns)


def segment_rows(
    project: Project,
    *,
    predictions: Sequence[PredictionTrack],
    frame_indexes: Mapping[str, FrameIndex],
    origins: Sequence[PredictionTrack] = (),
) -> Iterator[Row]:
    """Yield the labelled segments of every video, and after them what models said about it.

    Args:
        project: Whose segments to write.
        predictions: Tracks of videos that the project does not have any more are left out.
        frame_indexes: By video id.
        origins: What models said that segments were made of, one track for a video and model.
    """
    origin_of = {(track.video_id, track.model_id): track for track in origins}
    for video in project.videos:
        cells = _VideoCells(video, frame_indexes.get(video.id))
        for track in project.tracks_of(video.id):
            for segment in track.segments:
                origin = origin_of.get((video.id, segment.model_id))
                yield _segment_row(cells, track, segment, project.schema.heads, origin)
        for found in predictions:
            if found.video_id == video.id:
                for prediction in found.predictions:
                    yield _prediction_row(cells, found, prediction)


class _VideoCells:
    """The cells that depend on the video only, and those of a span in it."""

    def __init__(self, video: VideoRef, index: FrameIndex | None) -> None:
        self._timebase = video.tick
        # An index with another time base is about another file: its frames are not these.
        is_other = index is not None and video.timebase not in (None, index.timebase)
        self._index = None if is_other else index
        rate = video.rate or (None if index is None else index.average_rate)
        n_frames = video.n_frames or (None if index is None else len(index))
        self._cells = {
            "video_id": video.id,
            "video_path": video.path,
            "video_fingerprint": video.fingerprint,
            "fps_num": "" if rate is None else str(rate.numerator),
            "fps_den": "" if rate is None else str(rate.denominator),
            "n_frames": "" if n_frames is None else str(n_frames),
            "timebase": f"{video.tick.numerator}/{video.tick.denominator}",
        }

    def of_span(self, span: TimeSpan) -> dict[str, str]:
        cells = dict(self._cells)
        start, stop = span.start * self._timebase, span.end * self._timebase
        if self._index is not None:
            tick = self._index.timebase
            frames = self._index.frames_in(
                TimeSpan(math.ceil(start / tick), math.ceil(stop / tick))
            )
            cells |= {"start_frame": str(frames.start), "stop_frame": str(frames.stop)}
        return cells | {
            "start_time_s": seconds_text(start),
            "stop_time_s": seconds_text(stop),
            "start_timestamp": timestamp_text(start),
            "stop_timestamp": timestamp_text(stop),
            "start_pts": str(span.start),
            "stop_pts": str(span.end),
        }


def seconds_text(seconds: Fraction) -> str:
    """Return seconds as a decimal number, rounded half to even at the microsecond."""
    ticks = round(seconds * _MICROSECONDS)
    whole, rest = divmod(abs(ticks), _MICROSECONDS)
    return f"{'-' if ticks < 0 else ''}{whole}.{rest:06d}"


def timestamp_text(seconds: Fraction) -> str:
    """Return seconds as ``HH:MM:SS.mmm``, rounded half to even at the millisecond."""
    ticks = round(seconds * 1000)
    whole, milliseconds = divmod(abs(ticks), 1000)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    sign = "-" if ticks < 0 else ""
    return f"{sign}{hours:02d}:{minute:02d}:{second:02d}.{milliseconds:03d}"


def _segment_row(
    cells: _VideoCells,
    track: Track,
    segment: Segment,
    heads: Sequence[LabelHead],
    origin: PredictionTrack | None,
) -> Row:
    is_edited = segment.origin is Origin.CORRECTED
    said = origin.most_like(segment.span) if origin is not None else None
    # Of an edited label, the project keeps the score of the answer that it took the place of.
    score = None if is_edited else segment.score
    if is_edited and origin is not None and said is not None:
        score = _score_of(segment.labels, heads, origin, said)
    return {
        **dict.fromkeys(COLUMNS, ""),
        **cells.of_span(segment.span),
        **_label_cells(heads, segment.labels),
        "segment_id": segment.id,
        "track": track.name,
        "subject": segment.subject,
        "source": _source_of(segment),
        "score": _number(score),
        "top5": "" if origin is None or said is None else _top5_text(origin, said),
        "uncertainty": "" if score is None else _number(1 - score),
        "status": "edited" if is_edited else "accepted",
        "annotator": track.annotator,
        "model_id": segment.model_id,
        "comment": segment.note,
        "created_at": segment.created_at,
        "modified_at": segment.modified_at,
        "origin": segment.origin.value,
        "attributes": _json(segment.attributes) if segment.attributes else "",
    }


def _prediction_row(cells: _VideoCells, track: PredictionTrack, prediction: Prediction) -> Row:
    best = {head.name: head.classes[prediction.best(head.name)[0]].id for head in track.heads}
    span = prediction.span
    return {
        **dict.fromkeys(COLUMNS, ""),
        **cells.of_span(span),
        **_label_cells(track.heads, best),
        # A prediction has no identity of its own; this one is the same in every export.
        "segment_id": f"{track.model_id}/{track.video_id}/{span.start}-{span.end}",
        "track": PREDICTION_TRACK,
        "source": "model",
        "score": _number(prediction.confidence),
        "top5": _top5_text(track, prediction),
        "uncertainty": _number(1 - prediction.confidence),
        "status": "new",
        "model_id": track.model_id,
    }


def _top5_text(track: PredictionTrack, prediction: Prediction) -> str:
    top = {
        head.name: [
            [head.classes[position].name, round(probability, 6)]
            for position, probability in prediction.top(head.name, _TOP)
        ]
        for head in track.heads
    }
    return json.dumps(top, ensure_ascii=False)


def _score_of(
    labels: Mapping[str, int],
    heads: Sequence[LabelHead],
    track: PredictionTrack,
    prediction: Prediction,
) -> float | None:
    """Return the probability that a model gave to labels, or None where it does not know them.

    A model and a project mean the same class when head and name are the same.
    """
    predicted = {head.name: head for head in track.heads}
    factors = []
    for head in heads:
        if head.name not in labels:
            continue
        known = predicted[head.name].classes if head.name in predicted else ()
        names = [found.name for found in known]
        wanted = head.class_with_id(labels[head.name]).name
        if wanted not in names:
            return None
        factors.append(float(prediction.scores[head.name][names.index(wanted)]))
    return math.prod(factors) if factors else None


def _label_cells(heads: Sequence[LabelHead], labels: Mapping[str, int]) -> dict[str, str]:
    cells: dict[str, str] = {}
    names = []
    for head in heads:
        if head.name in labels:
            class_id = labels[head.name]
            names.append(head.class_with_id(class_id).name)
            name_column, id_column = _columns_of(head)
            cells |= {name_column: names[-1], id_column: str(class_id)}
    return {"label": " ".join(names), **cells}


def _columns_of(head: LabelHead) -> tuple[str, str]:
    """Return where the class of a head stands: columns for its name and its id."""
    if head.name == "action":
        return "label", "label_id"
    if head.name in ("verb", "noun"):
        return head.name, f"{head.name}_class"
    return f"label:{head.name}", f"label_id:{head.name}"


def _source_of(segment: Segment) -> str:
    """Return who a label comes from; an imported one that was corrected is still a person's."""
    match segment.origin:
        case Origin.ACCEPTED:
            return "model_accepted"
        case Origin.CORRECTED if segment.model_id:
            return "model_edited"
        case _:
            return "human"


def _json(texts: Mapping[str, str]) -> str:
    return json.dumps(dict(texts), ensure_ascii=False)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"
