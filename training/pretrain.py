"""How the bundled model is made: the two small experts alone, then frozen, then CAST between them.

Clip labels alone teach experts of this size nothing in an hour, so each learns what the renderer knows:
the spatial expert names the thing on every patch of a single frame, the temporal expert says for every
token of the thing that moves what happens to it and how it moves. Neither is told which of the things
in the picture the clip is about; that is what the exchange is for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed, nn
from torch.nn import functional

from cast_studio.core.clips import ClipSpec
from cast_studio.model.cast import Cast
from cast_studio.model.config import CastConfig, HeadConfig
from cast_studio.model.expert_config import ExpertConfig
from cast_studio.model.experts import SpatialExpert, TemporalExpert
from cast_studio.model.preprocessing import to_input
from training.schedule import adamw, cosine_rate, set_rate
from training.synthetic.batches import Batch, batches
from training.synthetic.vocabulary import KNOWN_NOUNS, KNOWN_VERBS

TINY = CastConfig(
    width=128,
    depth=4,
    heads=4,
    patch=8,
    size=64,
    frames=16,
    tubelet=4,
    adapter_ratio=0.5,
    bottleneck_ratio=0.5,
    spatial=ExpertConfig(stem="conv", stem_width=32, stem_blocks=1),
    temporal=ExpertConfig(stem="conv", stem_width=16, key_bias=False),
)
TINY_HEADS = (HeadConfig("verb", len(KNOWN_VERBS)), HeadConfig("noun", len(KNOWN_NOUNS)))

TINY_CLIPS = ClipSpec(
    frames=16, size=64, resize="area", window_seconds=0.96, hop_seconds=0.12, version=1
)

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of making a model.

    Attributes:
        steps: Steps of the optimizer.
        batch: Clips (or scenes, for the spatial expert) in a step.
        rate: Peak of the learning rate.
        seed: Of weights and scenes.
        ramp: Share of the steps over which scenes grow from easy to hard.
        log_every: Steps between two reports.
    """

    steps: int
    batch: int
    rate: float
    seed: int
    ramp: float = 0.2
    log_every: int = 100


SPATIAL_STAGE = Stage(steps=3000, batch=32, rate=1e-3, seed=1, ramp=0.1)
TEMPORAL_STAGE = Stage(steps=2600, batch=32, rate=1e-3, seed=2, ramp=0.15)
CAST_STAGE = Stage(steps=1400, batch=32, rate=1.5e-3, seed=3, ramp=0.0)


class Lesson(Protocol):
    """What a stage teaches: gives a loss and readable scores for a batch."""

    def __call__(self, batch: Batch) -> tuple[Tensor, dict[str, float]]:
        """Return the loss, and scores in [0, 1] by name."""


def run_stage(
    stage: Stage,
    module: nn.Module,
    lesson: Lesson,
    *,
    frames: int,
    report: Report,
    source: Iterator[Batch] | None = None,
) -> None:
    """Train ``module`` on rendered batches, from easy scenes to hard ones.

    Inside a process group each process brings batches of its own, and all take the same steps.
    """
    optimizer = adamw(module.parameters(), weight_decay=0.05)
    ramp = int(stage.steps * stage.ramp)
    scenes = source or batches(stage.seed, stage.batch, frames=frames, ramp=ramp)
    averages: dict[str, float] = {}
    start = time.monotonic()
    for step in range(stage.steps):
        set_rate(
            optimizer, cosine_rate(stage.rate, step, stage.steps, warmup=stage.steps // 30 + 1)
        )
        loss, scores = lesson(next(scenes))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if distributed.is_initialized():
            average_gradients(module)
        nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step()
        for name, value in {"loss": loss.item(), **scores}.items():
            averages[name] = 0.97 * averages.get(name, value) + 0.03 * value
        if (step + 1) % stage.log_every == 0:
            values = "  ".join(f"{name} {value:.3f}" for name, value in averages.items())
            elapsed = time.monotonic() - start
            report(f"{elapsed:6.0f} s  step {step + 1:5d} of {stage.steps}  {values}")


def average_gradients(module: nn.Module) -> None:
    """Replace all gradients of ``module`` by their mean over the processes of the group."""
    gradients = [p.grad for p in module.parameters() if p.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    parts = flat.split([gradient.numel() for gradient in gradients])
    for gradient, part in zip(gradients, parts, strict=True):
        gradient.copy_(part.view_as(gradient))


class SpatialLesson(nn.Module):
    """Names the thing on every patch of a frame, and which things are in the picture."""

    def __init__(self, expert: SpatialExpert) -> None:
        super().__init__()
        width, nouns = expert.config.width, len(KNOWN_NOUNS)
        self.expert = expert
        self.norm = nn.LayerNorm(width)
        self.patch_head = nn.Linear(width, nouns + 1)
        self.picture_head = nn.Linear(width, nouns)

    def forward(self, batch: Batch) -> tuple[Tensor, dict[str, float]]:
        """Return the loss and the share of things named right, over patches and over pictures."""
        pictures = to_input(batch.frames, TINY_CLIPS).transpose(1, 2).flatten(0, 1)
        labels = torch.from_numpy(batch.patch_nouns).flatten(0, 1).flatten(1)
        tokens = self.norm(self.expert(pictures))
        logits = self.patch_head(tokens[:, 1:])
        weight = torch.ones(logits.shape[-1])
        weight[0] = 0.25
        loss = functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), weight)
        present = torch.zeros(len(labels), len(KNOWN_NOUNS) + 1).scatter_(1, labels, 1.0)[:, 1:]
        seen = functional.binary_cross_entropy_with_logits(self.picture_head(tokens[:, 0]), present)
        things = labels > 0
        right = (logits.argmax(-1) == labels)[things].float().mean().item()
        return loss + seen, {"patches": right}


class TemporalLesson(nn.Module):
    """Says for every token what happens there and how it moves, and for the clip what happens."""

    NOUN_WEIGHT = 0.2

    def __init__(self, expert: TemporalExpert) -> None:
        super().__init__()
        width = expert.config.width
        self.expert = expert
        self.norm = nn.LayerNorm(width)
        self.verb_head = nn.Linear(width, len(KNOWN_VERBS) + 1)
        self.noun_head = nn.Linear(width, len(KNOWN_NOUNS))
        self.motion_head = nn.Linear(width, 6)
        self.clip_head = nn.Linear(width, len(KNOWN_VERBS))

    def forward(self, batch: Batch) -> tuple[Tensor, dict[str, float]]:
        """Return the loss and the share of clips whose verb is right."""
        config = self.expert.config
        tokens = self.norm(self.expert(to_input(batch.frames, TINY_CLIPS)))
        verbs, nouns = torch.from_numpy(batch.verbs), torch.from_numpy(batch.nouns)
        covered = torch.from_numpy(batch.on_target).unflatten(1, (-1, config.tubelet)).any(2)
        covered = covered.flatten(2).flatten(1)  # (B, T·N)
        labels = torch.where(covered, verbs[:, None] + 1, 0)
        weight = torch.ones(len(KNOWN_VERBS) + 1)
        weight[0] = 0.25
        happening = functional.cross_entropy(
            self.verb_head(tokens).flatten(0, 1), labels.flatten(), weight
        )
        logits = self.clip_head(tokens.mean(1))
        clip = functional.cross_entropy(logits, verbs)
        motion = _motion_targets(batch.states, config.tubelet)  # (B, T, 6)
        wanted = motion[:, :, None].expand(-1, -1, config.patches, -1).flatten(1, 2)[covered]
        moving = functional.smooth_l1_loss(self.motion_head(tokens[covered]), wanted)
        names = nouns[:, None].expand_as(covered)[covered]
        naming = functional.cross_entropy(self.noun_head(tokens[covered]), names)
        loss = happening + clip + moving + self.NOUN_WEIGHT * naming
        right = (logits.argmax(-1) == verbs).float().mean().item()
        return loss, {"verb": right, "motion": moving.item()}


def _motion_targets(states: NDArray[np.float32], tubelet: int) -> Tensor:
    """Speed, growth, turn and change of visibility per tubelet, of about unit size, ``(B, T, 6)``."""
    values = torch.from_numpy(states).clone()
    values[..., 2] = values[..., 2].log()
    change = torch.diff(values, dim=1)
    change = torch.cat([change, change[:, -1:]], 1)
    scale = torch.tensor([40.0, 40.0, 20.0, 6.0, 12.0])
    speed = change * scale
    energy = speed.abs().sum(-1, keepdim=True) / 2
    motion: Tensor = torch.cat([speed, energy], -1).unflatten(1, (-1, tubelet)).mean(2)
    return motion


class CastLesson(nn.Module):
    """The paper's own task: verb and noun of the clip, experts frozen."""

    def __init__(self, cast: Cast) -> None:
        super().__init__()
        self.cast = cast

    def forward(self, batch: Batch) -> tuple[Tensor, dict[str, float]]:
        """Return the loss and the share of clips whose verb, noun and both are right."""
        logits = self.cast(to_input(batch.frames, TINY_CLIPS)).logits
        targets = {"verb": torch.from_numpy(batch.verbs), "noun": torch.from_numpy(batch.nouns)}
        loss = torch.stack(
            [
                functional.cross_entropy(logits[head], targets[head], label_smoothing=0.05)
                for head in targets
            ]
        ).sum()
        right = {head: logits[head].argmax(-1) == targets[head] for head in targets}
        scores = {head: value.float().mean().item() for head, value in right.items()}
        scores["action"] = (right["verb"] & right["noun"]).float().mean().item()
        return loss, scores


def train_spatial(stage: Stage, report: Report) -> SpatialExpert:
    """Train the spatial expert on single frames, two of each scene."""
    torch.manual_seed(stage.seed)
    expert = SpatialExpert(TINY)
    _initialize(expert)
    run_stage(stage, (lesson := SpatialLesson(expert)), lesson, frames=2, report=report)
    return expert


def train_temporal(stage: Stage, report: Report) -> TemporalExpert:
    """Train the temporal expert on whole clips."""
    torch.manual_seed(stage.seed)
    expert = TemporalExpert(TINY)
    _initialize(expert)
    run_stage(stage, (lesson := TemporalLesson(expert)), lesson, frames=TINY.frames, report=report)
    return expert


def train_cast(
    stage: Stage,
    spatial: dict[str, Tensor],
    temporal: dict[str, Tensor],
    report: Report,
    *,
    source: Iterator[Batch] | None = None,
) -> Cast:
    """Train adapters, B-CAST and heads between two frozen experts."""
    torch.manual_seed(stage.seed)
    cast = Cast(TINY, TINY_HEADS)
    cast.spatial.load_state_dict(spatial)
    cast.temporal.load_state_dict(temporal)
    cast.freeze_experts()
    lesson = CastLesson(cast)
    run_stage(stage, lesson, lesson, frames=TINY.frames, report=report, source=source)
    return cast


def _initialize(expert: nn.Module) -> None:
    for module in expert.modules():
        if isinstance(module, nn.Linear):
            nn.init.trunc_normal_(module.weight, std=0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
