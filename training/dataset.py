"""From the samples of a job to clips and targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cast_studio.core.clips import ClipSpec
from cast_studio.core.labels import LabelHead
from cast_studio.core.timing import TimeSpan
from cast_studio.core.training_protocol import TrainingSample
from cast_studio.errors import MediaError
from cast_studio.media.clip_reader import ClipReader
from training.metrics import UNLABELLED

CACHE_BYTES = 2 << 30
"""Memory for clips that were read already."""
SPAN_JITTER = 0.06
"""How far the edges of a variant's span move, as a share of the span's length (deviation)."""


class SampleClips:
    """The clips of labelled segments, each in a few variants with slightly moved edges.

    People draw the edges of a segment a little early or late; the variants make the model indifferent to
    it. Clips that fit into memory are decoded once, in the order of the videos.

    Args:
        samples: Labelled segments.
        spec: How clips are made.
        heads: The heads of the job, in order.
        variants: Clips of each sample; the first is the exact span.
        seed: Of the moved edges.
        cache_bytes: Memory for clips; beyond it they are decoded again each time.
    """

    def __init__(
        self,
        samples: Sequence[TrainingSample],
        spec: ClipSpec,
        heads: Sequence[LabelHead],
        *,
        variants: int = 1,
        seed: int = 0,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self.samples = tuple(samples)
        self.spec = spec
        self._rng = np.random.default_rng(seed)
        clip_bytes = spec.frames * spec.size * spec.size * 3
        affordable = max(1, cache_bytes // max(1, len(samples) * clip_bytes))
        self.variants = min(variants, affordable)
        self._spans = [self._variants_of(sample.span) for sample in self.samples]
        self._room = cache_bytes // clip_bytes
        self._clips: dict[tuple[int, int], NDArray[np.uint8]] = {}
        self._damaged: set[tuple[int, int]] = set()
        self._left_out: list[str] = []
        self.targets = {
            head.name: np.array(
                [sample.targets.get(head.name, UNLABELLED) for sample in self.samples], np.int64
            )
            for head in heads
        }

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def taught_heads(self) -> frozenset[str]:
        """The heads of which at least one sample has a class."""
        return frozenset(
            head for head, values in self.targets.items() if (values != UNLABELLED).any()
        )

    @property
    def left_out(self) -> tuple[str, ...]:
        """A sentence for each video of which :meth:`preload` left samples out."""
        return tuple(self._left_out)

    def preload(self) -> Iterator[int]:
        """Decode all samples once, video by video, and keep what fits into memory.

        Samples that cannot be read are left out: at the end there are fewer of them, maybe none, and
        ``left_out`` tells which.

        Yields:
            The number of samples done so far, readable or not.
        """
        order = sorted(range(len(self)), key=lambda at: (self._source(at), self._spans[at][0]))
        done: set[int] = set()
        for (path, _), group in groupby(order, key=self._source):
            of_video = list(group)
            reason = "The file is damaged there; copy it again to learn from all of it."
            try:
                for at in self._preload_video(path, self.samples[of_video[0]].stream, of_video):
                    done.add(at)
                    yield len(done)
            except MediaError as error:
                reason = str(error)
                self._damaged.update((at, 0) for at in of_video if at not in done)
                done.update(of_video)
                yield len(done)
            lost = sum((at, 0) in self._damaged for at in of_video)
            if lost:
                self._left_out.append(_left_out(Path(path).name, lost, reason))
        self._keep_only([at for at in range(len(self)) if (at, 0) not in self._damaged])

    def clips(self, positions: Sequence[int], *, exact: bool = False) -> NDArray[np.uint8]:
        """Return a clip of each sample, a random variant or the exact span.

        Returns:
            RGB, ``(len(positions), frames, size, size, 3)``.

        Raises:
            MediaError: A clip that is not in memory cannot be read.
        """
        chosen = [0 if exact else int(self._rng.integers(self.variants)) for _ in positions]
        return np.stack([self._clip(at, v) for at, v in zip(positions, chosen, strict=True)])

    def targets_of(self, positions: Sequence[int]) -> Mapping[str, Tensor]:
        """Return the right classes per head, ``(len(positions),)``; −1 where a label lacks the head."""
        at = np.asarray(positions)
        return {head: torch.from_numpy(values[at]) for head, values in self.targets.items()}

    def _source(self, at: int) -> tuple[str, int]:
        """Return what orders samples by file and stream; the best stream, which has no number, first."""
        sample = self.samples[at]
        return sample.path, -1 if sample.stream is None else sample.stream

    def _preload_video(
        self, path: str, stream: int | None, of_video: Sequence[int]
    ) -> Iterator[int]:
        wanted = sorted(
            (
                (span, at, variant)
                for at in of_video
                for variant, span in enumerate(self._spans[at])
            ),
            key=lambda entry: entry[0],
        )
        with ClipReader(path, self.spec, stream=stream) as reader:
            clips = reader.read_each([span for span, _, _ in wanted])
            for (_, at, variant), clip in zip(wanted, clips, strict=True):
                if clip is None:
                    self._damaged.add((at, variant))
                elif len(self._clips) < self._room:
                    self._clips[at, variant] = clip
                if variant == 0:
                    yield at

    def _keep_only(self, kept: Sequence[int]) -> None:
        places = {at: place for place, at in enumerate(kept)}
        self.samples = tuple(self.samples[at] for at in kept)
        self._spans = [self._spans[at] for at in kept]
        self._clips = {
            (places[at], variant): clip
            for (at, variant), clip in self._clips.items()
            if at in places
        }
        self._damaged = {(places[at], variant) for at, variant in self._damaged if at in places}
        rows = np.array(kept, np.int64)
        self.targets = {head: values[rows] for head, values in self.targets.items()}

    def _clip(self, at: int, variant: int) -> NDArray[np.uint8]:
        if (at, variant) in self._damaged:
            variant = 0
        cached = self._clips.get((at, variant))
        if cached is not None:
            return cached
        sample = self.samples[at]
        with ClipReader(sample.path, self.spec, stream=sample.stream) as reader:
            clip = reader.read(self._spans[at][variant])
        if len(self._clips) < self._room:
            self._clips[at, variant] = clip
        return clip

    def _variants_of(self, span: TimeSpan) -> list[TimeSpan]:
        spans = [span]
        while len(spans) < self.variants:
            moves = self._rng.normal(0, SPAN_JITTER * span.duration, 2).round().astype(int)
            start, end = span.start + int(moves[0]), span.end + int(moves[1])
            spans.append(TimeSpan(start, max(start + 1, end)))
        return spans


def _left_out(name: str, count: int, reason: str) -> str:
    segments = "1 labelled segment" if count == 1 else f"{count} labelled segments"
    return f"{segments} of “{name}” cannot be read and {'is' if count == 1 else 'are'} left out. {reason}"
