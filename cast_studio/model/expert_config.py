"""How experts differ, as data. No torch here: model lists are read without loading it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal

from cast_studio.core.json_fields import Fields

Activation = Literal["gelu", "quick_gelu"]
Stem = Literal["patch", "conv"]

CONV_STEM_PATCH = 8
"""Pixels that the three strides of a convolutional stem make into one patch."""
NORM_GROUPS = 4
"""Groups of the group normalizations in a convolutional stem."""


@dataclass(frozen=True, slots=True)
class ExpertConfig:
    """What the two experts may do differently.

    Attributes:
        activation: Of the feed-forward layers: OpenAI's CLIP uses ``x·σ(1.702x)``, others the exact GELU.
        norm_eps: Epsilon of the layer normalizations.
        key_bias: Whether keys have a bias; VideoMAE's have none.
        stem: ``"patch"`` is one strided convolution, ``"conv"`` three small ones with group
            normalization, which train from scratch much sooner.
        stem_width: Channels of a convolutional stem's first layer.
        stem_blocks: Residual blocks of a convolutional stem.

    Raises:
        ValueError: The channels of a convolutional stem do not divide into its norms' groups.
    """

    activation: Activation = "gelu"
    norm_eps: float = 1e-6
    key_bias: bool = True
    stem: Stem = "patch"
    stem_width: int = 32
    stem_blocks: int = 0

    def __post_init__(self) -> None:
        if self.stem == "conv" and (self.stem_width <= 0 or self.stem_width % NORM_GROUPS):
            raise ValueError(f"{self.stem_width} channels do not divide into {NORM_GROUPS} groups")

    @classmethod
    def from_json(cls, values: object) -> ExpertConfig:
        """Read what :meth:`CastConfig.to_json` wrote of an expert.

        Raises:
            ValueError: A value is missing, unknown or impossible.
        """
        found = known_fields(cls, values, where="an expert's configuration")
        return cls(
            activation=_activation(found.text("activation")),
            norm_eps=found.number("norm_eps"),
            key_bias=found.flag("key_bias"),
            stem=_stem(found.text("stem")),
            stem_width=found.integer("stem_width"),
            stem_blocks=found.integer("stem_blocks"),
        )


def known_fields(kind: type, values: object, *, where: str) -> Fields:
    """Refuse fields of a newer program: leaving one out would run another network than was meant.

    Args:
        kind: The dataclass that ``values`` describe.
        values: What ``json.loads`` gave.
        where: What the object is, for the sentence.

    Raises:
        ValueError: ``values`` is no JSON object, or has a field that ``kind`` lacks.
    """
    found = Fields(values, where=where)
    known = {declared.name for declared in fields(kind)}
    unknown = set(values) - known if isinstance(values, Mapping) else set()
    if unknown:
        raise ValueError(f"{where} has the unknown field “{min(unknown, key=str)}”")
    return found


def _activation(name: str) -> Activation:
    match name:
        case "gelu" | "quick_gelu":
            return name
        case _:
            raise ValueError(f"there is no activation “{name}”")


def _stem(name: str) -> Stem:
    match name:
        case "patch" | "conv":
            return name
        case _:
            raise ValueError(f"there is no stem “{name}”")
