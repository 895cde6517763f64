"""How experts differ, as data. No torch here: model lists are read without loading it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal

from cast_studio.core.json_fields import Fields

Activation = Literal["gelu", "quick_gelu", "swiglu"]
PositionTable = Literal["sinusoid", "sincos-3d"]
Role = Literal["spatial", "temporal"]
Stem = Literal["patch", "conv"]

CONV_STEM_PATCH = 8
"""Pixels that the three strides of a convolutional stem make into one patch."""
NORM_GROUPS = 4
"""Groups of the group normalizations in a convolutional stem."""

_ADDED_LATER: Mapping[str, object] = {
    "input_norm": True,
    "inner_norms": False,
    "rotary_grid": None,
    "position_table": "sinusoid",
}
"""Fields that older files lack, and what was meant before there was a choice."""


@dataclass(frozen=True, slots=True)
class ExpertConfig:
    """What experts may do differently.

    Attributes:
        activation: Of the feed-forward layers: OpenAI's CLIP uses ``x·σ(1.702x)``, EVA02 the gated
            ``silu(gate)·x`` (SwiGLU), others the exact GELU.
        norm_eps: Epsilon of the layer normalizations.
        key_bias: Whether keys have a bias; VideoMAE's and EVA02's have none.
        stem: ``"patch"`` is one strided convolution, ``"conv"`` three small ones with group
            normalization, which train from scratch much sooner.
        stem_width: Channels of a convolutional stem's first layer.
        stem_blocks: Residual blocks of a convolutional stem.
        input_norm: Of a spatial expert: whether the tokens are normalized before the first block, as
            CLIP's are; the patch convolution then needs no bias and has none.
        inner_norms: Whether attention and feed-forward layers normalize once more before their last
            linear layer (EVA02's "sub-LN").
        rotary_grid: Of a spatial expert: queries and keys are also rotated by their place, counted as
            if the picture had this many patches along a side (EVA02: 16); None where they are not.
        position_table: Of a temporal expert: one sinusoid over all tokens (VideoMAE), or separate ones
            for time, row and column (MVD).

    Raises:
        ValueError: The channels of a convolutional stem do not divide into its norms' groups, or the
            rotary grid has no patches.
    """

    activation: Activation = "gelu"
    norm_eps: float = 1e-6
    key_bias: bool = True
    stem: Stem = "patch"
    stem_width: int = 32
    stem_blocks: int = 0
    input_norm: bool = True
    inner_norms: bool = False
    rotary_grid: int | None = None
    position_table: PositionTable = "sinusoid"

    def __post_init__(self) -> None:
        if self.stem == "conv" and (self.stem_width <= 0 or self.stem_width % NORM_GROUPS):
            raise ValueError(f"{self.stem_width} channels do not divide into {NORM_GROUPS} groups")
        if self.rotary_grid is not None and self.rotary_grid <= 0:
            raise ValueError(f"a rotary grid cannot have {self.rotary_grid} patches along a side")

    @classmethod
    def from_json(cls, values: object) -> ExpertConfig:
        """Read what :meth:`CastConfig.to_json` wrote of an expert.

        Raises:
            ValueError: A value is missing, unknown or impossible.
        """
        if isinstance(values, Mapping):
            values = {**_ADDED_LATER, **values}
        found = known_fields(cls, values, where="an expert's configuration")
        return cls(
            activation=_activation(found.text("activation")),
            norm_eps=found.number("norm_eps"),
            key_bias=found.flag("key_bias"),
            stem=_stem(found.text("stem")),
            stem_width=found.integer("stem_width"),
            stem_blocks=found.integer("stem_blocks"),
            input_norm=found.flag("input_norm"),
            inner_norms=found.flag("inner_norms"),
            rotary_grid=found.optional_integer("rotary_grid"),
            position_table=_position_table(found.text("position_table")),
        )

    def check_place(self, role: Role, *, width: int, heads: int) -> None:
        """Refuse what an expert of this kind cannot be in a network.

        Args:
            role: Which of the two experts it is to be.
            width: Channels of the network.
            heads: Heads of every attention.

        Raises:
            ValueError: The role has no such positions, or the channels do not divide into them.
        """
        if self.rotary_grid is not None:
            if role != "spatial":
                raise ValueError("only a spatial expert has rotary positions")
            if width // heads % 4:
                raise ValueError(
                    f"{width // heads} channels of a head do not divide into rotations"
                )
        if self.position_table == "sincos-3d":
            if role != "temporal":
                raise ValueError("only a temporal expert has positions in time")
            if width % 16:
                raise ValueError(f"{width} channels do not divide into time, column and row")


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
        case "gelu" | "quick_gelu" | "swiglu":
            return name
        case _:
            raise ValueError(f"there is no activation “{name}”")


def _stem(name: str) -> Stem:
    match name:
        case "patch" | "conv":
            return name
        case _:
            raise ValueError(f"there is no stem “{name}”")


def _position_table(name: str) -> PositionTable:
    match name:
        case "sinusoid" | "sincos-3d":
            return name
        case _:
            raise ValueError(f"there is no position table “{name}”")
