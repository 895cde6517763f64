"""The shape of a CAST network as data. No torch here: model lists are read without loading it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

from cast_studio.model.expert_config import CONV_STEM_PATCH, ExpertConfig, known_fields

Stream = Literal["spatial", "temporal", "both"]


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
        found = known_fields(cls, values, where="the network's configuration")
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
