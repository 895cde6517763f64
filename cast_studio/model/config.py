"""The shape of a CAST network as data. No torch here: model lists are read without loading it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Literal

from cast_studio.core.json_fields import Fields

Activation = Literal["gelu", "quick_gelu"]
Stem = Literal["patch", "conv"]
Stream = Literal["spatial", "temporal", "both"]

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
        found = _known_fields(cls, values, where="an expert's configuration")
        return cls(
            activation=_activation(found.text("activation")),
            norm_eps=found.number("norm_eps"),
            key_bias=found.flag("key_bias"),
            stem=_stem(found.text("stem")),
            stem_width=found.integer("stem_width"),
            stem_blocks=found.integer("stem_blocks"),
        )


@dataclass(frozen=True, slots=True)
class CastConfig:
    """The size of a CAST network (paper, section 3).

    Attributes:
        width: Channels of both experts.
        depth: Blocks of each expert; bottleneck cross-attention sits in every one.
        heads: Heads of every attention.
        patch: Side of a patch in pixels.
        size: Side of the picture in pixels.
        frames: Frames of a clip.
        tubelet: Frames of a temporal token; the spatial expert sees one frame of each.
        mlp_ratio: Width of the feed-forward layers, in units of ``width``.
        adapter_ratio: Width of the adapters, likewise.
        bottleneck_ratio: Width of the cross-attention, likewise.
        spatial: The spatial expert (CLIP).
        temporal: The temporal expert (VideoMAE).

    Raises:
        ValueError: The sizes do not divide each other, or a stem does not fit them.
    """

    width: int = 768
    depth: int = 12
    heads: int = 12
    patch: int = 16
    size: int = 224
    frames: int = 16
    tubelet: int = 2
    mlp_ratio: float = 4.0
    adapter_ratio: float = 0.25
    bottleneck_ratio: float = 0.5
    spatial: ExpertConfig = field(
        default_factory=lambda: ExpertConfig(activation="quick_gelu", norm_eps=1e-5)
    )
    temporal: ExpertConfig = field(default_factory=lambda: ExpertConfig(key_bias=False))

    def __post_init__(self) -> None:
        for whole, part, what in (
            (self.size, self.patch, "the picture into patches"),
            (self.frames, self.tubelet, "the clip into tubelets"),
            (self.width, self.heads, "the width into heads"),
            (self.bottleneck, self.heads, "the bottleneck into heads"),
        ):
            if part <= 0 or whole <= 0 or whole % part:
                raise ValueError(f"{whole} / {part} does not divide {what}")
        stems = (self.spatial.stem, self.temporal.stem)
        if "conv" in stems and self.patch != CONV_STEM_PATCH:
            raise ValueError(f"a convolutional stem makes patches of {CONV_STEM_PATCH} pixels")

    @property
    def steps(self) -> int:
        """Temporal positions T: tubelets of a clip, and frames that the spatial expert sees."""
        return self.frames // self.tubelet

    @property
    def grid(self) -> int:
        """Patches along one side."""
        return self.size // self.patch

    @property
    def patches(self) -> int:
        """Patches N of a frame."""
        return self.grid**2

    @property
    def adapter_width(self) -> int:
        """Channels inside an adapter."""
        return int(self.width * self.adapter_ratio)

    @property
    def bottleneck(self) -> int:
        """Channels d of the cross-attention."""
        return int(self.width * self.bottleneck_ratio)

    @property
    def spatial_frames(self) -> slice:
        """Which frames the spatial expert sees: the middle one of each tubelet (1, 3, 5 … for 2)."""
        return slice(self.tubelet // 2, None, self.tubelet)

    def to_json(self) -> dict[str, object]:
        """Return the configuration as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> CastConfig:
        """Read what :meth:`to_json` wrote.

        Raises:
            ValueError: A value is missing, unknown or impossible.
        """
        found = _known_fields(cls, values, where="the network's configuration")
        return cls(
            width=found.integer("width"),
            depth=found.integer("depth"),
            heads=found.integer("heads"),
            patch=found.integer("patch"),
            size=found.integer("size"),
            frames=found.integer("frames"),
            tubelet=found.integer("tubelet"),
            mlp_ratio=found.number("mlp_ratio"),
            adapter_ratio=found.number("adapter_ratio"),
            bottleneck_ratio=found.number("bottleneck_ratio"),
            spatial=ExpertConfig.from_json(found.value("spatial")),
            temporal=ExpertConfig.from_json(found.value("temporal")),
        )


def _known_fields(
    kind: type[CastConfig] | type[ExpertConfig], values: object, *, where: str
) -> Fields:
    """Refuse fields of a newer program: leaving one out would run another network than was meant."""
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


@dataclass(frozen=True, slots=True)
class HeadConfig:
    """A classifier: its name, its number of classes and the stream it reads."""

    name: str
    classes: int

    @property
    def stream(self) -> Stream:
        """The spatial stream for nouns, the temporal one for verbs, both for actions (section 4)."""
        if self.name == "noun":
            return "spatial"
        if self.name == "verb":
            return "temporal"
        return "both"
