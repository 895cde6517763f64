"""The one training loop for corrected labels: adapters, B-CAST and heads learn, experts do not."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cast_studio.core.training_protocol import Progress, Validated
from cast_studio.errors import TrainingError
from cast_studio.model.cast import Cast
from cast_studio.model.preprocessing import to_input
from training.augment import augment
from training.dataset import SampleClips
from training.metrics import accuracies
from training.objective import cross_entropy, forgetting, remember
from training.schedule import adamw, cosine_rate, set_rate

WARMUP_STEPS = 5
REMEMBER_BATCH = 16
HEADS = "heads."
"""How the names of the heads' weights begin."""


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How to learn.

    Attributes:
        steps: Steps of the optimizer.
        batch: Clips in a step.
        rate: Peak of the learning rate.
        head_rate_scale: The heads learn this much faster than the rest; their known classes as far as
            they were wrong before.
        weight_decay: Of matrices.
        smoothing: Share of probability given to the wrong classes.
        keep: Weight of staying close to what the model said before about classes it knew.
        average: Share of the old weights kept in the running average.
        blend: Share of the average in the result; the rest is the weights before, as far as they were
            right: drawn back fully where all was right before, not at all where all was wrong. New
            classes in the heads, which have no weights before, are not blended.
        max_seconds: When to finish at the latest, though not before the first step; the learning rate
            falls in time for it.
        validate_every: Steps between two validations.
        seed: Of order and augmentation.
    """

    steps: int
    batch: int = 16
    rate: float = 1e-3
    head_rate_scale: float = 10.0
    weight_decay: float = 0.02
    smoothing: float = 0.05
    keep: float = 3.0
    average: float = 0.97
    blend: float = 0.65
    max_seconds: float | None = None
    validate_every: int = 40
    seed: int = 0


@dataclass(frozen=True)
class FitCallbacks:
    """What the loop tells and asks; all are called between steps, in the loop's thread.

    Attributes:
        remembered: Clips that were looked at, of all, to remember what the network says before.
        progressed: A step was done.
        validated: The network was measured.
        should_stop: Whether to end now.
    """

    remembered: Callable[[int, int], None]
    progressed: Callable[[Progress], None]
    validated: Callable[[Validated], None]
    should_stop: Callable[[], bool]


@dataclass(frozen=True)
class FitResult:
    """How it ended.

    Attributes:
        steps: Steps done.
        stopped: Whether it was asked to stop.
        metrics: Accuracy on the validation clips by head, and the last loss.
    """

    steps: int
    stopped: bool
    metrics: Mapping[str, float]


def fit(
    cast: Cast,
    known: Mapping[str, Sequence[int]],
    train: SampleClips,
    validation: SampleClips | None,
    settings: FitSettings,
    callbacks: FitCallbacks,
) -> FitResult:
    """Teach ``cast`` the samples; on return it holds the average of its weights, blended with those before.

    Fine-tuned weights drawn a part of the way back know the new nearly as well and the old better
    (Wortsman et al., "Robust fine-tuning of zero-shot models", 2022).

    A sample teaches the heads that it has a class of; of the others it keeps what was said before.

    Args:
        cast: Changed in place; its experts stay as they are, and so do the classifiers of heads of
            which no sample has a class.
        known: Per head the positions of the classes that it was taught before; what it says of them
            now is kept.
        train: What to learn.
        validation: What to measure with, or None.
        settings: How to learn.
        callbacks: Whom to tell.

    Raises:
        TrainingError: The loss is not finite any more, or a step does not fit into memory.
        MediaError: A clip that is not in memory cannot be read.
    """
    _freeze(cast, train)
    device = next(cast.parameters()).device
    rng = np.random.default_rng(settings.seed)
    generator = torch.Generator().manual_seed(settings.seed)
    optimizer = _optimizer(learning_parameters(cast, train), settings)
    average = copy.deepcopy(cast).requires_grad_(False).eval()
    origin = {name: value.clone() for name, value in average.trained_parameters().items()}
    sampler = BalancedSampler(train.targets, rng)
    start = time.monotonic()
    before = _remember(cast, train, callbacks)
    if before is None:
        return FitResult(0, stopped=True, metrics={})
    memory = remember(before, train.targets, known)
    speed = 1 - (1 - 1 / settings.head_rate_scale) * memory.worth
    step, stopped, measured = 0, False, {}
    loss_value = math.nan
    while step < settings.steps and not stopped:
        rate = _paced_rate(settings, step, time.monotonic() - start)
        if rate is None:
            break
        _set_rates(optimizer, rate, settings)
        positions = sampler.draw(settings.batch)
        clips, targets = _draw_batch(train, positions, device)
        with _memory_in_words(device):
            logits = cast(augment(clips, generator)).logits
            loss = cross_entropy(logits, targets, smoothing=settings.smoothing)
            if settings.keep > 0:
                loss = loss + settings.keep * forgetting(logits, memory, positions)
            loss_value = _finite(loss, step + 1)
            with _known_classes_slower(cast, known, speed):
                _descend(cast, optimizer, loss)
        step += 1
        _follow(average, cast, min(settings.average, step / (step + 5)))
        callbacks.progressed(_progress(settings, step, loss_value, rate, start))
        if validation and step % settings.validate_every == 0 and step < settings.steps:
            measured = evaluate_clips(average, validation)
            callbacks.validated(Validated(step=step, accuracy=measured))
        stopped = callbacks.should_stop()
    _blend(average, origin, known, 1 - (1 - settings.blend) * memory.worth)
    cast.load_state_dict(average.state_dict())
    if validation:
        measured = evaluate_clips(cast, validation)
        callbacks.validated(Validated(step=step, accuracy=measured))
    return FitResult(step, stopped, {**measured, "loss": loss_value})


def evaluate_clips(cast: Cast, data: SampleClips, *, batch: int = 32) -> dict[str, float]:
    """Top-1 per head and of whole actions on the exact spans of ``data``, in [0, 1]."""
    return accuracies(predict_clips(cast, data, batch=batch), data.targets)


def predict_clips(
    cast: Cast, data: SampleClips, *, batch: int = 32
) -> dict[str, NDArray[np.float32]]:
    """Logits per head for the exact spans of ``data``, ``(samples, classes)``."""
    return _joined(_predictions(cast, data, batch))


def _predictions(
    cast: Cast, data: SampleClips, batch: int
) -> Iterator[dict[str, NDArray[np.float32]]]:
    device = next(cast.parameters()).device
    training = cast.training
    for first in range(0, len(data), batch):
        positions = range(first, min(first + batch, len(data)))
        clips = to_input(data.clips(positions, exact=True), data.spec, device=device)
        cast.eval()
        with torch.inference_mode(), _memory_in_words(device):
            logits = cast(clips).logits
        cast.train(training)
        yield {head: rows.float().cpu().numpy() for head, rows in logits.items()}


def _joined(
    parts: Iterable[Mapping[str, NDArray[np.float32]]],
) -> dict[str, NDArray[np.float32]]:
    found = list(parts)
    return {head: np.concatenate([part[head] for part in found]) for head in found[0]}


def _remember(
    cast: Cast, data: SampleClips, callbacks: FitCallbacks
) -> dict[str, NDArray[np.float32]] | None:
    """What the network says before it learns, like :func:`predict_clips`; None if asked to stop."""
    parts: list[dict[str, NDArray[np.float32]]] = []
    for part in _predictions(cast, data, REMEMBER_BATCH):
        parts.append(part)
        callbacks.remembered(sum(len(next(iter(rows.values()))) for rows in parts), len(data))
        if callbacks.should_stop():
            return None
    return _joined(parts)


class BalancedSampler:
    """Draws samples so that rare classes are seen often enough.

    Each sample's weight is the mean over heads of one over the square root of its class's count, so that
    a class with a fourth of the samples is drawn half as often rather than a fourth as often.
    """

    def __init__(self, targets: Mapping[str, NDArray[np.int64]], rng: np.random.Generator) -> None:
        weights = np.zeros(len(next(iter(targets.values()))))
        for values in targets.values():
            counts = np.bincount(values[values >= 0], minlength=1)
            weights[values >= 0] += counts[values[values >= 0]] ** -0.5
        self._probabilities = weights / weights.sum()
        self._rng = rng

    def draw(self, count: int) -> list[int]:
        """Return positions of samples; without repetition where there are enough of them."""
        repeat = bool(count > np.count_nonzero(self._probabilities))
        chosen = self._rng.choice(
            len(self._probabilities), count, replace=repeat, p=self._probabilities
        )
        return [int(position) for position in chosen]


def _draw_batch(
    data: SampleClips, positions: Sequence[int], device: torch.device
) -> tuple[Tensor, dict[str, Tensor]]:
    clips = to_input(data.clips(positions), data.spec, device=device)
    return clips, {head: value.to(device) for head, value in data.targets_of(positions).items()}


@contextmanager
def _memory_in_words(device: torch.device) -> Iterator[None]:
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise TrainingError(
            f"A step of training does not fit into the memory of {device}; the model you had is "
            "unchanged. Close other programs that use it, then train again."
        ) from error


def _finite(loss: Tensor, step: int) -> float:
    value = loss.item()
    if not math.isfinite(value):
        raise TrainingError(
            f"The loss became {value} at step {step}, so training was given up; the model you had is "
            "unchanged. Look for a damaged model or video among what it was started with."
        )
    return value


def _descend(cast: Cast, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_([p for p in cast.parameters() if p.requires_grad], 1.0)
    optimizer.step()


def learning_parameters(cast: Cast, train: SampleClips) -> dict[str, nn.Parameter]:
    """The parameters that :func:`fit` changes, by name: no classifier of a head without labels."""
    return {
        name: parameter
        for name, parameter in cast.trained_parameters().items()
        if not name.startswith(HEADS) or _head_of(name) in train.taught_heads
    }


def _freeze(cast: Cast, train: SampleClips) -> None:
    """Let gradients reach only what learns from these samples."""
    learning = learning_parameters(cast, train)
    for name, parameter in cast.named_parameters():
        parameter.requires_grad_(name in learning)


def _head_of(name: str) -> str:
    """Return which head a weight of the heads belongs to, by the weight's name."""
    return name.removeprefix(HEADS).rpartition(".")[0]


def _optimizer(learning: Mapping[str, nn.Parameter], settings: FitSettings) -> torch.optim.AdamW:
    heads = [p for name, p in learning.items() if name.startswith(HEADS)]
    others = [p for name, p in learning.items() if not name.startswith(HEADS)]
    optimizer = adamw(others, weight_decay=settings.weight_decay)
    optimizer.add_param_group({"params": heads, "weight_decay": 0.0, "is_head": True})
    return optimizer


def _set_rates(optimizer: torch.optim.AdamW, rate: float, settings: FitSettings) -> None:
    set_rate(optimizer, rate)
    for group in optimizer.param_groups:
        if group.get("is_head"):
            group["lr"] = rate * settings.head_rate_scale


def _paced_rate(settings: FitSettings, step: int, elapsed: float) -> float | None:
    """The learning rate by steps or by the clock, whichever is further; None when time is up."""
    done = step / settings.steps
    if settings.max_seconds is not None:
        if elapsed >= settings.max_seconds and step > 0:
            return None
        done = max(done, elapsed / settings.max_seconds)
    if step < WARMUP_STEPS:
        return settings.rate * (step + 1) / WARMUP_STEPS
    warmup = round(WARMUP_STEPS / settings.steps * 1000)
    return cosine_rate(settings.rate, round(done * 1000), 1000, warmup=warmup)


def _follow(average: Cast, cast: Cast, keep: float) -> None:
    """Move the running average a little towards the trained weights."""
    with torch.no_grad():
        followed = average.trained_parameters()
        for name, parameter in cast.trained_parameters().items():
            followed[name].lerp_(parameter, 1 - keep)


@contextmanager
def _known_classes_slower(
    cast: Cast, known: Mapping[str, Sequence[int]], speed: float
) -> Iterator[None]:
    """Let the heads' weights of known classes do only this share of a step."""
    rows = _known_rows(cast, known)
    weights = cast.trained_parameters()
    before = {name: weights[name].detach()[at] for name, at in rows.items()}
    yield
    with torch.no_grad():
        for name, at in rows.items():
            weights[name][at] = before[name].lerp(weights[name][at], speed)


def _blend(
    average: Cast, origin: Mapping[str, Tensor], known: Mapping[str, Sequence[int]], share: float
) -> None:
    """Draw all weights back to ``origin``, but for those of new classes."""
    rows = _known_rows(average, known)
    with torch.no_grad():
        for name, parameter in average.trained_parameters().items():
            at = rows.get(name, slice(None))
            parameter[at] = origin[name][at].lerp(parameter[at], share)


def _known_rows(cast: Cast, known: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    """Return which rows of the heads' weights belong to known classes, by the weights' names."""
    return {
        name: list(known.get(_head_of(name), ()))
        for name in cast.trained_parameters()
        if name.startswith(HEADS)
    }


def _progress(settings: FitSettings, step: int, loss: float, rate: float, start: float) -> Progress:
    seconds = time.monotonic() - start
    remaining = seconds / step * (settings.steps - step)
    if settings.max_seconds is not None:
        remaining = min(remaining, max(0.0, settings.max_seconds - seconds))
    return Progress(
        step=step,
        total_steps=settings.steps,
        loss=loss,
        learning_rate=rate,
        seconds=seconds,
        eta_seconds=remaining,
    )
