"""The lines of a run directory: events of the training process and commands to it.

Import these names from :mod:`cast_studio.core.training_protocol`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import NoReturn

from cast_studio.core.immutable import frozen_mapping
from cast_studio.core.json_fields import Fields
from cast_studio.errors import TrainingError
from cast_studio.said import say


class TrainingProtocolError(TrainingError):
    """A job, an event or a command that does not follow the protocol."""


@dataclass(frozen=True, slots=True)
class Started:
    """The model is built and the first step is about to be made.

    Attributes:
        total_steps: Steps of the whole run.
        trainable: Parameters that are trained.
        total: Parameters of the model.
    """

    total_steps: int
    trainable: int
    total: int


@dataclass(frozen=True, slots=True)
class Progress:
    """A step was made. Comes at least every 5 seconds.

    Attributes:
        step: Steps made, 1 to ``total_steps``.
        total_steps: Steps of the whole run.
        loss: Of this step, averaged as the run sees fit.
        learning_rate: Of this step.
        seconds: Since the start.
        eta_seconds: Until the end, as far as can be told.
    """

    step: int
    total_steps: int
    loss: float
    learning_rate: float
    seconds: float
    eta_seconds: float


@dataclass(frozen=True, slots=True)
class Validated:
    """The validation samples were scored.

    Attributes:
        step: Steps made.
        accuracy: Top-1 in [0, 1] per head, and as ``"action"`` for all heads at once. Read-only.
    """

    step: int
    accuracy: Mapping[str, float] = field(hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "accuracy", frozen_mapping(self.accuracy))


@dataclass(frozen=True, slots=True)
class Message:
    """Something the user should read.

    Attributes:
        text: A sentence.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is complete. One of the three last events.

    Attributes:
        adapter: The adapter folder.
        metrics: The last measured numbers by name. Read-only.
    """

    adapter: str
    metrics: Mapping[str, float] = field(hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "metrics", frozen_mapping(self.metrics))


@dataclass(frozen=True, slots=True)
class Stopped:
    """The run ended early because it was asked to. One of the three last events.

    Attributes:
        adapter: The adapter folder, or None if it was too early for one.
    """

    adapter: str | None


@dataclass(frozen=True, slots=True)
class Failed:
    """The run cannot go on. One of the three last events.

    Attributes:
        message: A sentence for the user.
    """

    message: str


Event = Started | Progress | Validated | Message | Finished | Stopped | Failed
"""Anything a run says."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Finish the step, save, and end."""


Command = Stop
"""Anything a run can be told."""

_READERS: Mapping[str, Callable[[Fields], Event]] = {
    "started": lambda found: Started(
        total_steps=found.integer("total_steps"),
        trainable=found.integer("trainable"),
        total=found.integer("total"),
    ),
    "progress": lambda found: Progress(
        step=found.integer("step"),
        total_steps=found.integer("total_steps"),
        loss=found.number("loss"),
        learning_rate=found.number("learning_rate"),
        seconds=found.number("seconds"),
        eta_seconds=found.number("eta_seconds"),
    ),
    "validated": lambda found: Validated(
        step=found.integer("step"), accuracy=found.numbers("accuracy")
    ),
    "message": lambda found: Message(text=found.text("text")),
    "finished": lambda found: Finished(
        adapter=found.text("adapter"), metrics=found.numbers("metrics")
    ),
    "stopped": lambda found: Stopped(adapter=found.optional_text("adapter")),
    "failed": lambda found: Failed(message=found.text("message")),
}


def encode(event: Event) -> str:
    """Return an event as one line of JSON in ASCII, without the line's end.

    Raises:
        TrainingProtocolError: A number is not finite, which JSON cannot say.
    """
    values: dict[str, object] = {"event": type(event).__name__.lower()}
    for found in fields(event):
        value = getattr(event, found.name)
        values[found.name] = dict(value) if isinstance(value, Mapping) else value
    try:
        return json.dumps(values, allow_nan=False)
    except ValueError as error:
        raise TrainingProtocolError(
            say("The training reported a number that is not finite: {event}.", event=event)
        ) from error


def decode(line: str) -> Event:
    """Read a line of :func:`encode`. Fields that are not known are passed over.

    Raises:
        TrainingProtocolError: The line is cut off, names no known event, or a field is missing or
            of the wrong type.
    """
    try:
        found = Fields(_parse(line), where="the event")
        name = found.text("event")
        if name not in _READERS:
            raise ValueError(f'there is no event "{name}"')
        return _READERS[name](found)
    except ValueError as error:
        raise TrainingProtocolError(_refusal("event", line, error)) from error


def encode_command(command: Command) -> str:
    """Return a command as one line of JSON in ASCII, without the line's end."""
    return json.dumps({"command": type(command).__name__.lower()})


def decode_command(line: str) -> Command:
    """Read a line of :func:`encode_command`.

    Raises:
        TrainingProtocolError: The line is cut off or names no known command.
    """
    try:
        name = Fields(_parse(line), where="the command").text("command")
        if name != "stop":
            raise ValueError(f'there is no command "{name}"')
    except ValueError as error:
        raise TrainingProtocolError(_refusal("command", line, error)) from error
    return Stop()


def _parse(line: str) -> object:
    parsed: object = json.loads(line, parse_constant=_refuse_constant)
    return parsed


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number in JSON")


def _refusal(what: str, line: str, error: ValueError) -> str:
    shown = line.strip()
    excerpt = shown if len(shown) <= 80 else f"{shown[:80]}…"
    reason = "it is not JSON" if isinstance(error, json.JSONDecodeError) else str(error)
    return say(
        'A training {what} cannot be read: {reason}. The line is: "{excerpt}".',
        what=what,
        reason=reason,
        excerpt=excerpt,
    )
