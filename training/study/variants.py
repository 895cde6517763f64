"""The networks that are compared: one configuration each, everything else equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from cast_studio.model.cast import Cast
from cast_studio.model.config import ExchangeConfig, HeadConfig, Stream

STREAMS: tuple[Stream, Stream] = ("spatial", "temporal")
ALONE = "none"
"""The network whose experts do not meet: each answers everything by itself."""

NETWORKS: Mapping[str, ExchangeConfig] = {
    "b-cast": ExchangeConfig(),
    ALONE: ExchangeConfig(kind="none"),
    "concat": ExchangeConfig(kind="concat"),
    "t2s": ExchangeConfig(direction="t2s"),
    "add": ExchangeConfig(kind="add"),
    "lateral": ExchangeConfig(kind="lateral"),
    "s2t": ExchangeConfig(direction="s2t"),
}
"""What is trained, by name."""


@dataclass(frozen=True)
class StudyNetwork:
    """A network to train, over the lower blocks of its experts.

    Attributes:
        cast: The upper blocks, all that is trained, and the heads.
        answers: By row of the table, which of the network's heads answer ``verb`` and ``noun``.
    """

    cast: Cast
    answers: Mapping[str, Mapping[str, str]]

    def independent_parts(self) -> list[list[nn.Parameter]]:
        """The trained parameters, apart where no gradient connects them."""
        trained = self.cast.trained_parameters()
        if self.cast.config.exchange.kind != "none":
            return [list(trained.values())]
        return [
            [parameter for name, parameter in trained.items() if stream in name]
            for stream in STREAMS
        ]

    def trained_count(self, row: str) -> int:
        """How many trained parameters the answers of a row depend on."""
        read = set(self.answers[row].values()) if row != "ensemble" else set(self.cast.heads)
        unread = tuple(f"heads.{head}." for head in self.cast.heads if head not in read)
        return sum(
            parameter.numel()
            for name, parameter in self.cast.trained_parameters().items()
            if not name.startswith(unread) and (row not in STREAMS or row in name)
        )


def build_network(
    name: str, whole: Cast, classes: Mapping[str, int], *, frozen_blocks: int, seed: int
) -> StudyNetwork:
    """Make a network between the upper blocks of a model's experts.

    Args:
        name: One of :data:`NETWORKS`.
        whole: The model.
        classes: How many verbs and nouns there are.
        frozen_blocks: Lower blocks that stay as they are.
        seed: Of the initial weights.
    """
    torch.manual_seed(seed)
    config = replace(
        whole.config, depth=whole.config.depth - frozen_blocks, exchange=NETWORKS[name]
    )
    answers: dict[str, Mapping[str, str]]
    if name == ALONE:
        heads, answers = _heads_alone(classes)
    else:
        heads = tuple(HeadConfig(head, count) for head, count in classes.items())
        answers = {name: {head: head for head in classes}}
    cast = Cast(config, heads)
    for stream in STREAMS:
        upper = _without_lower_blocks(getattr(whole, stream).state_dict(), frozen_blocks)
        getattr(cast, stream).load_state_dict(upper)
    cast.freeze_experts()
    return StudyNetwork(cast, answers)


def _heads_alone(
    classes: Mapping[str, int],
) -> tuple[tuple[HeadConfig, ...], dict[str, Mapping[str, str]]]:
    """Heads for every question on either stream: two networks in one, as no gradient connects them."""
    heads = tuple(
        HeadConfig(f"{stream}_{head}", count, reads=stream)
        for stream in STREAMS
        for head, count in classes.items()
    )
    answers: dict[str, Mapping[str, str]] = {
        stream: {head: f"{stream}_{head}" for head in classes} for stream in STREAMS
    }
    answers["apart"] = {"verb": "temporal_verb", "noun": "spatial_noun"}
    answers["ensemble"] = {head: head for head in classes}
    return heads, answers


def _without_lower_blocks(state: Mapping[str, Tensor], count: int) -> dict[str, Tensor]:
    kept = {}
    for key, value in state.items():
        if not key.startswith("blocks."):
            kept[key] = value
            continue
        _, block, rest = key.split(".", 2)
        if int(block) >= count:
            kept[f"blocks.{int(block) - count}.{rest}"] = value
    return kept
