"""What the program and a training process say to each other: the job, events and commands.

The run directory is the only channel. Its files hold what is encoded here: ``job.json`` one
:class:`TrainingJob`, ``events.jsonl`` one event a line, ``commands.jsonl`` one command a line.
Reading and writing the files is left to both sides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cast_studio.core.immutable import frozen_mapping
from cast_studio.core.json_fields import Fields
from cast_studio.core.labels import LabelHead
from cast_studio.core.timing import TimeSpan
from cast_studio.core.training_events import (
    Command,
    Event,
    Failed,
    Finished,
    Message,
    Progress,
    Started,
    Stop,
    Stopped,
    TrainingProtocolError,
    Validated,
    decode,
    decode_command,
    encode,
    encode_command,
)
from cast_studio.said import say

__all__ = [
    "PROTOCOL_VERSION",
    "Command",
    "Event",
    "Failed",
    "Finished",
    "Message",
    "Progress",
    "Started",
    "Stop",
    "Stopped",
    "TrainingJob",
    "TrainingProtocolError",
    "TrainingSample",
    "Validated",
    "decode",
    "decode_command",
    "encode",
    "encode_command",
]

PROTOCOL_VERSION = 1
"""The version of job, events and commands; a job of another version is refused."""


@dataclass(frozen=True, slots=True)
class TrainingSample:
    """One labelled span to learn from.

    Attributes:
        video_id: The video, so that training and validation can be split by it.
        path: Its file, absolute.
        span: Exactly the labelled span, in ticks of the video.
        targets: Head name to the position of the right class in the job's head; heads without a
            label are absent. Read-only.
        stream: Number of the file's video stream that was labelled; None for the best one.
    """

    video_id: str
    path: str
    span: TimeSpan
    targets: Mapping[str, int] = field(hash=False)
    stream: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "targets", frozen_mapping(self.targets))

    def to_json(self) -> dict[str, object]:
        """Return the sample as plain JSON values."""
        return {
            "video_id": self.video_id,
            "path": self.path,
            "start": self.span.start,
            "end": self.span.end,
            "targets": dict(self.targets),
            **({} if self.stream is None else {"stream": self.stream}),
        }

    @classmethod
    def from_json(cls, values: object) -> TrainingSample:
        """Read what :meth:`to_json` wrote.

        Raises:
            ValueError: A value is missing or not allowed.
        """
        fields = Fields(values, where="the training sample")
        return cls(
            video_id=fields.text("video_id"),
            path=fields.text("path"),
            span=TimeSpan(fields.integer("start"), fields.integer("end")),
            targets=fields.integers("targets"),
            stream=fields.optional_integer("stream") if fields.has("stream") else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingJob:
    """Everything a training run needs to know.

    Attributes:
        run_dir: The run directory, absolute.
        base_model: The model folder to start from, absolute.
        adapter: The adapter folder to continue from, or None.
        heads: The heads to train; their class order is the order of the new scores.
        samples: What to learn from.
        validation: What to measure with.
        epochs: How often to see the samples, at least 1; None leaves it to the training.
        seed: Of everything random.
        max_seconds: When to stop at the latest, above 0; None for no limit.
        threads: CPU threads to use, at least 1; None leaves it to the training.
        stop_when_parent_dies: Whether the run ends with the program that started it.
        parent_pid: The process id of that program, or None.

    Raises:
        ValueError: A value is not allowed, or a target does not fit the heads.
    """

    run_dir: str
    base_model: str
    heads: tuple[LabelHead, ...]
    samples: tuple[TrainingSample, ...]
    validation: tuple[TrainingSample, ...] = ()
    adapter: str | None = None
    epochs: int | None = None
    seed: int = 0
    max_seconds: float | None = None
    threads: int | None = None
    stop_when_parent_dies: bool = False
    parent_pid: int | None = None

    def __post_init__(self) -> None:
        for name, value in (("epochs", self.epochs), ("threads", self.threads)):
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1, found {value}")
        if self.max_seconds is not None and not self.max_seconds > 0:
            raise ValueError(f"max_seconds must be above 0, found {self.max_seconds}")
        if self.stop_when_parent_dies and self.parent_pid is None:
            raise ValueError("stop_when_parent_dies needs parent_pid")
        sizes = {head.name: len(head.classes) for head in self.heads}
        for sample in (*self.samples, *self.validation):
            for head, position in sample.targets.items():
                if not 0 <= position < sizes.get(head, 0):
                    raise ValueError(f'the job has no class {position} of "{head}" to learn')

    def to_json(self) -> dict[str, object]:
        """Return the job as plain JSON values, with the protocol's version."""
        return {
            "protocol_version": PROTOCOL_VERSION,
            "run_dir": self.run_dir,
            "base_model": self.base_model,
            "adapter": self.adapter,
            "heads": [head.to_json() for head in self.heads],
            "samples": [sample.to_json() for sample in self.samples],
            "validation": [sample.to_json() for sample in self.validation],
            "epochs": self.epochs,
            "seed": self.seed,
            "max_seconds": self.max_seconds,
            "threads": self.threads,
            "stop_when_parent_dies": self.stop_when_parent_dies,
            "parent_pid": self.parent_pid,
        }

    @classmethod
    def from_json(cls, values: object) -> TrainingJob:
        """Read what :meth:`to_json` wrote.

        Raises:
            TrainingProtocolError: A value is missing or not allowed, or the version is another.
        """
        try:
            fields = Fields(values, where="the training job")
            version = fields.integer("protocol_version")
            if version != PROTOCOL_VERSION:
                raise ValueError(
                    f"it has the protocol version {version}, this program speaks {PROTOCOL_VERSION}"
                )
            return cls(
                run_dir=fields.text("run_dir"),
                base_model=fields.text("base_model"),
                adapter=fields.optional_text("adapter"),
                heads=tuple(LabelHead.from_json(item) for item in fields.items("heads")),
                samples=tuple(TrainingSample.from_json(item) for item in fields.items("samples")),
                validation=tuple(
                    TrainingSample.from_json(item) for item in fields.items("validation")
                ),
                epochs=fields.optional_integer("epochs"),
                seed=fields.integer("seed"),
                max_seconds=fields.optional_number("max_seconds"),
                threads=fields.optional_integer("threads"),
                stop_when_parent_dies=fields.flag("stop_when_parent_dies"),
                parent_pid=fields.optional_integer("parent_pid"),
            )
        except ValueError as error:
            raise TrainingProtocolError(
                say(
                    "The training job cannot be read: {error}. Start the training again.",
                    error=error,
                )
            ) from error
