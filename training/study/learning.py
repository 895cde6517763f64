"""One network of a study: trained, and asked about every test clip."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.schedule import adamw, cosine_rate, set_rate
from training.study.clips import StudyClips
from training.study.settings import StudySettings
from training.study.variants import STREAMS, StudyNetwork

LABEL_SMOOTHING = 0.05
WEIGHT_DECAY = 0.05
_ASKED_AT_ONCE = 50

Right = dict[str, dict[str, Tensor]]
"""By row, whether ``verb`` and ``noun`` of each test clip are right, ``(N,)``."""


def learn(network: StudyNetwork, parts: Iterable[StudyClips], settings: StudySettings) -> None:
    """Train what lies between the experts; all networks take the same steps on the same clips."""
    cast = network.cast.train()
    optimizer = adamw(cast.parameters(), weight_decay=WEIGHT_DECAY)
    separate = network.independent_parts()
    batches = islice(_batches(parts, settings.batch), settings.steps)
    for step, clips in enumerate(batches):
        rate = cosine_rate(settings.rate, step, settings.steps, warmup=settings.steps // 30 + 1)
        set_rate(optimizer, rate)
        logits = cast.forward_tokens(clips.spatial, clips.temporal).logits
        optimizer.zero_grad(set_to_none=True)
        loss_of(logits, clips).backward()
        for parameters in separate:
            nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()


def _batches(parts: Iterable[StudyClips], size: int) -> Iterator[StudyClips]:
    for part in parts:
        yield from part.split(size)


def loss_of(logits: Mapping[str, Tensor], clips: StudyClips) -> Tensor:
    """Cross-entropy, summed over all heads."""
    losses = [
        functional.cross_entropy(
            rows,
            clips.verbs if head.endswith("verb") else clips.nouns,
            label_smoothing=LABEL_SMOOTHING,
        )
        for head, rows in logits.items()
    ]
    return torch.stack(losses).sum()


def answer(network: StudyNetwork, parts: Iterable[StudyClips]) -> Right:
    """Ask a network about test clips, for every row of the table that it stands for."""
    cast = network.cast.eval()
    found: dict[str, dict[str, list[Tensor]]] = {
        row: {"verb": [], "noun": []} for row in network.answers
    }
    with torch.inference_mode():
        for clips in _batches(parts, _ASKED_AT_ONCE):
            logits = cast.forward_tokens(clips.spatial, clips.temporal).logits
            chances = {head: rows.softmax(-1) for head, rows in logits.items()}
            if "ensemble" in network.answers:
                chances |= _average(chances)
            targets = {"verb": clips.verbs, "noun": clips.nouns}
            for row, heads in network.answers.items():
                for question, head in heads.items():
                    right = chances[head].argmax(-1) == targets[question]
                    found[row][question].append(right)
    return {
        row: {question: torch.cat(pieces) for question, pieces in questions.items()}
        for row, questions in found.items()
    }


def _average(chances: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What two experts say together that never met: the mean of their probabilities."""
    return {
        question: torch.stack([chances[f"{stream}_{question}"] for stream in STREAMS]).mean(0)
        for question in ("verb", "noun")
    }
