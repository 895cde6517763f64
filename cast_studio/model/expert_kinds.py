"""Which experts there are, how each is told, and which two go together. No torch here.

An expert is exchangeable because all that is particular to it is data: a row of :data:`EXPERT_KINDS`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType

from cast_studio.errors import ModelError
from cast_studio.model.config import CastConfig, ExchangeConfig
from cast_studio.model.expert_config import ExpertConfig, Role, known_fields
from cast_studio.model.expert_names import (
    CLIP_NAMES,
    EVA_NAMES,
    VIDEOMAE_NAMES,
    VIDEOMAE_TRANSFORMERS_NAMES,
    NameMap,
)
from cast_studio.said import say

HEAD_WIDTH = 64
"""Channels of a head in every published expert; no file says how many heads it was trained with."""

_OPENAI_SIZES = ("input_resolution", "context_length", "vocab_size")
"""What OpenAI's archives hold beside the weights, and nobody else's."""


@dataclass(frozen=True, slots=True)
class ExpertSizes:
    """How large an expert is; by default as published, ViT-B/16.

    Attributes:
        width: Channels.
        depth: Blocks.
        heads: Heads of every attention.
        patch: Side of a patch in pixels.
        size: Side of the picture in pixels.
        frames: Frames it sees at once: 1 of a spatial expert.
        tubelet: Frames of a token; likewise.
        mlp_ratio: Width of the feed-forward layers, in units of ``width``.
    """

    width: int = 768
    depth: int = 12
    heads: int = 12
    patch: int = 16
    size: int = 224
    frames: int = 1
    tubelet: int = 1
    mlp_ratio: float = 4.0

    @classmethod
    def from_json(cls, values: object) -> ExpertSizes:
        """Read what ``dataclasses.asdict`` made.

        Raises:
            ValueError: A value is missing, unknown or impossible.
        """
        found = known_fields(cls, values, where="an expert's sizes")
        return cls(
            width=found.integer("width"),
            depth=found.integer("depth"),
            heads=found.integer("heads"),
            patch=found.integer("patch"),
            size=found.integer("size"),
            frames=found.integer("frames"),
            tubelet=found.integer("tubelet"),
            mlp_ratio=found.number("mlp_ratio"),
        )


@dataclass(frozen=True, slots=True)
class ExpertKind:
    """A family of experts that one library trains and saves in one way.

    Attributes:
        name: What it is called in files and commands.
        title: What the user reads.
        role: Which of the two experts it can be.
        config: What it does differently.
        sizes: Its published sizes; frames and picture of a temporal expert are in no file.
        names: What its tensors are called.
    """

    name: str
    title: str
    role: Role
    config: ExpertConfig
    sizes: ExpertSizes
    names: NameMap


_SPATIAL_SIZES = ExpertSizes()
_TEMPORAL_SIZES = ExpertSizes(frames=16, tubelet=2)

_KINDS = (
    ExpertKind(
        "clip-openai",
        "CLIP by OpenAI",
        "spatial",
        ExpertConfig(activation="quick_gelu", norm_eps=1e-5),
        _SPATIAL_SIZES,
        CLIP_NAMES,
    ),
    ExpertKind(
        "clip-open_clip",
        "CLIP by open_clip (LAION-2B, DataComp)",
        "spatial",
        ExpertConfig(activation="gelu", norm_eps=1e-5),
        _SPATIAL_SIZES,
        CLIP_NAMES,
    ),
    ExpertKind(
        "eva02-clip",
        "EVA02-CLIP",
        "spatial",
        ExpertConfig(
            activation="swiglu",
            norm_eps=1e-6,
            key_bias=False,
            input_norm=False,
            inner_norms=True,
            rotary_grid=16,
        ),
        _SPATIAL_SIZES,
        EVA_NAMES,
    ),
    ExpertKind(
        "videomae",
        "VideoMAE, the authors' file",
        "temporal",
        ExpertConfig(norm_eps=1e-6, key_bias=False),
        _TEMPORAL_SIZES,
        VIDEOMAE_NAMES,
    ),
    ExpertKind(
        "videomae-transformers",
        "VideoMAE by transformers",
        "temporal",
        ExpertConfig(norm_eps=1e-12, key_bias=False),
        _TEMPORAL_SIZES,
        VIDEOMAE_TRANSFORMERS_NAMES,
    ),
    ExpertKind(
        "mvd",
        "MVD",
        "temporal",
        ExpertConfig(norm_eps=1e-6, key_bias=False, position_table="sincos-3d"),
        _TEMPORAL_SIZES,
        VIDEOMAE_NAMES,
    ),
)

EXPERT_KINDS: Mapping[str, ExpertKind] = MappingProxyType({kind.name: kind for kind in _KINDS})
"""All kinds by name."""


def expert_kind(name: str) -> ExpertKind:
    """Return a kind by name.

    Raises:
        ModelError: There is no such kind.
    """
    if name not in EXPERT_KINDS:
        raise ModelError(
            say(
                "There is no kind of expert “{name}”; choose one of {expert_kinds}.",
                name=name,
                expert_kinds=", ".join(EXPERT_KINDS),
            )
        )
    return EXPERT_KINDS[name]


def recognize(keys: Collection[str]) -> tuple[str, ...]:
    """Return the names of the kinds that a file with these tensors may hold; none where it is no expert.

    Several where the tensors alone do not tell: CLIP's activation and MVD's positions are in no file, so
    the user has to say which it is.
    """
    names = frozenset(keys)
    found = tuple(kind.name for kind in _KINDS if kind.names.find_prefix(names) is not None)
    if "clip-openai" in found and names.issuperset(_OPENAI_SIZES):
        return ("clip-openai",)
    return found


@dataclass(frozen=True, slots=True)
class Expert:
    """One expert as it is kept: its kind, what it does differently, and how large it is.

    Attributes:
        kind: Name of its kind.
        role: Which of the two experts it is.
        config: What it does differently.
        sizes: How large it is.
    """

    kind: str
    role: Role
    config: ExpertConfig
    sizes: ExpertSizes

    def network(self) -> CastConfig:
        """Return a network that this expert alone fits; the other one is as large.

        Raises:
            ValueError: The sizes do not divide each other.
        """
        if self.role == "spatial":
            return _network(self, spatial=self.config)
        return _network(self, temporal=self.config)

    def to_json(self) -> dict[str, object]:
        """Return the expert as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: object) -> Expert:
        """Read what :meth:`to_json` wrote.

        Raises:
            ValueError: A value is missing, unknown or impossible.
        """
        found = known_fields(cls, values, where="an expert")
        return cls(
            kind=found.text("kind"),
            role=_role(found.text("role")),
            config=ExpertConfig.from_json(found.value("config")),
            sizes=ExpertSizes.from_json(found.value("sizes")),
        )


def check_compatible(spatial: Expert, temporal: Expert) -> None:
    """Check that two experts can look at each other.

    B-CAST adds what one stream says to the other, token by token (paper, section 3.2). So both need the
    same channels, blocks and heads, feed-forward layers of one ratio, and the same patches of the same
    picture; and the temporal expert's tubelets must divide its clip, because the spatial one sees one
    frame of each.

    Raises:
        ModelError: They cannot; it names everything that differs.
    """
    if (spatial.role, temporal.role) != ("spatial", "temporal"):
        raise ModelError(
            say(
                "“{kind}” and “{kind2}” cannot be combined: CAST needs a spatial expert, which "
                "sees pictures, and a temporal one, which sees motion; choose one of each.",
                kind=spatial.kind,
                kind2=temporal.kind,
            )
        )
    ours, theirs = spatial.sizes, temporal.sizes
    pairs = {
        "channels": (ours.width, theirs.width),
        "blocks": (ours.depth, theirs.depth),
        "heads": (ours.heads, theirs.heads),
        "ratio of the feed-forward layers": (ours.mlp_ratio, theirs.mlp_ratio),
        "pixels of a patch": (ours.patch, theirs.patch),
        "pixels of the picture": (ours.size, theirs.size),
    }
    differing = [f"{what} ({a:g} and {b:g})" for what, (a, b) in pairs.items() if a != b]
    if differing:
        raise ModelError(
            say(
                "The experts “{kind}” and “{kind2}” cannot be combined, they differ in "
                "{differing}; choose two of the same size, such as both ViT-B/16.",
                kind=spatial.kind,
                kind2=temporal.kind,
                differing=", ".join(differing),
            )
        )
    if theirs.tubelet <= 0 or theirs.frames % theirs.tubelet:
        raise ModelError(
            say(
                "The expert “{kind}” cannot be combined: its {frames} frames do not divide "
                "into tubelets of {tubelet}; choose another temporal expert.",
                kind=temporal.kind,
                frames=theirs.frames,
                tubelet=theirs.tubelet,
            )
        )


def combine(
    spatial: Expert, temporal: Expert, *, exchange: ExchangeConfig | None = None
) -> CastConfig:
    """Return the network of two experts.

    Args:
        spatial: Sees pictures.
        temporal: Sees motion.
        exchange: How they learn from each other; None: as the paper proposes.

    Raises:
        ModelError: They do not go together, see :func:`check_compatible`.
    """
    check_compatible(spatial, temporal)
    try:
        return _network(
            temporal,
            spatial=spatial.config,
            temporal=temporal.config,
            exchange=exchange or ExchangeConfig(),
        )
    except ValueError as error:
        raise ModelError(
            say(
                "The experts “{kind}” and “{kind2}” cannot be combined: {error}; choose two "
                "others.",
                kind=spatial.kind,
                kind2=temporal.kind,
                error=error,
            )
        ) from error


def _network(
    sized_as: Expert,
    *,
    spatial: ExpertConfig | None = None,
    temporal: ExpertConfig | None = None,
    exchange: ExchangeConfig | None = None,
) -> CastConfig:
    sizes = sized_as.sizes
    return CastConfig(
        width=sizes.width,
        depth=sizes.depth,
        heads=sizes.heads,
        patch=sizes.patch,
        size=sizes.size,
        frames=sizes.frames,
        tubelet=sizes.tubelet,
        mlp_ratio=sizes.mlp_ratio,
        exchange=exchange or ExchangeConfig(),
        spatial=spatial or ExpertConfig(),
        temporal=temporal or ExpertConfig(),
    )


def _role(name: str) -> Role:
    match name:
        case "spatial" | "temporal":
            return name
        case _:
            raise ValueError(f"there is no expert for the role “{name}”")
