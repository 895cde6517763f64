"""What the label picker asks and what it answers. Plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cast_studio.core.labels import LabelSchema
from cast_studio.core.predictions import Prediction
from cast_studio.core.timing import TimeSpan


@dataclass(frozen=True, slots=True)
class NewClass:
    """A class that does not exist yet.

    Attributes:
        name: What the user typed, stripped.
    """

    name: str


@dataclass(frozen=True, slots=True)
class LabelTarget:
    """What gets the labels: exactly one of label, prediction and span is set.

    Attributes:
        segment_id: A label that exists.
        others: Labels that get the same classes as that one.
        prediction: A segment of the model, to be corrected.
        span: A marked range, to become a new label.
    """

    segment_id: str = ""
    others: tuple[str, ...] = ()
    prediction: Prediction | None = None
    span: TimeSpan | None = None


@dataclass(frozen=True, slots=True)
class LabelQuestion:
    """What the user is asked.

    Attributes:
        title: A few words: what is labelled, and when it is.
        target: What gets the labels.
        schema: The heads and their classes.
        labels: What is chosen now, head name to class id.
        suggestions: What the model thinks: head name to class id to probability.
    """

    title: str
    target: LabelTarget
    schema: LabelSchema
    labels: Mapping[str, int] = field(default_factory=dict)
    suggestions: Mapping[str, Mapping[int, float]] = field(default_factory=dict)


LabelAnswer = Mapping[str, int | NewClass]
"""Head name to the chosen class; heads that stay unlabelled are absent."""
