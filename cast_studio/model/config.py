"""The shape of a CAST network as data. No torch here: model lists are read without loading it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal, TypeVar, get_args

from cast_studio.core.json_fields import Fields
from cast_studio.model.expert_config import CONV_STEM_PATCH, ExpertConfig, known_fields

Stream = Literal["spatial", "temporal", "both"]
ExchangeKind = Literal["none", "add", "concat", "lateral", "b-cast"]
Direction = Literal["both", "t2s", "s2t"]
Window = Literal["time", "space", "space-time"]

EXCHANGE_KINDS: tuple[ExchangeKind, ...] = get_args(ExchangeKind)
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
WINDOWS: tuple[Window, ...] = get_args(Window)

_Choice = TypeVar("_Choice", bound=str)


@dataclass(frozen=True, slots=True)
class ExchangeConfig:
    """How the experts learn from each other; by default as the paper proposes (section 3.2).

    Attributes:
        kind: ``"none"`` keeps the experts apart; ``"add"`` and ``"concat"`` join their features after
            the last block (late fusion), for every head; ``"lateral"`` adds a linear map of the one
            stream to the other in the blocks; ``"b-cast"`` is bottleneck cross-attention in the blocks.
        direction: ``"t2s"``: the spatial stream reads the temporal one; ``"s2t"``: the other way
            around. Of the kinds inside the blocks.
        t2s_window: Among which tokens the spatial stream's queries look; of ``"b-cast"``. ``"time"``:
            those of the same place, ``"space"``: those of the same frame, ``"space-time"``: all.
        s2t_window: Likewise for the temporal stream's queries.
        blocks: In which blocks, counted from 0, ascending; None: in all. Of the kinds inside the blocks.
        positions: Whether the cross-attention has positions of its own; of ``"b-cast"``.

    Raises:
        ValueError: ``blocks`` is empty, negative or not ascending.
    """

    kind: ExchangeKind = "b-cast"
    direction: Direction = "both"
    t2s_window: Window = "time"
    s2t_window: Window = "space"
    blocks: tuple[int, ...] | None = None
    positions: bool = True

    def __post_init__(self) -> None:
        if self.blocks is None:
            return
        if not self.blocks or self.blocks[0] < 0 or self.blocks != tuple(sorted({*self.blocks})):
            raise ValueError(
                f"the blocks with an exchange must be ascending numbers from 0, found {self.blocks}"
            )

    @property
    def inside_blocks(self) -> bool:
        """Whether the streams meet inside the blocks, rather than after them or never."""
        return self.kind in {"lateral", "b-cast"}

    @property
    def late(self) -> bool:
        """Whether all heads read both streams' features, joined after the last block."""
        return self.kind in {"add", "concat"}

    @property
    def into_spatial(self) -> bool:
        """Whether the spatial stream learns from the temporal one (T2S)."""
        return self.direction != "s2t"

    @property
    def into_temporal(self) -> bool:
        """Whether the temporal stream learns from the spatial one (S2T)."""
        return self.direction != "t2s"

    @classmethod
    def from_json(cls, values: object) -> ExchangeConfig:
        """Read what :meth:`CastConfig.to_json` wrote of the exchange.

        Raises:
            ValueError: A value is missing, unknown or impossible.
        """
        found = known_fields(cls, values, where="the exchange's configuration")
        return cls(
            kind=_choice(found, "kind", EXCHANGE_KINDS),
            direction=_choice(found, "direction", DIRECTIONS),
            t2s_window=_choice(found, "t2s_window", WINDOWS),
            s2t_window=_choice(found, "s2t_window", WINDOWS),
            blocks=_blocks(found),
            positions=found.flag("positions"),
        )


@dataclass(frozen=True, slots=True)
class CastConfig:
    """The shape of a CAST network (paper, section 3).

    Attributes:
        width: Channels of both experts.
        depth: Blocks of each expert.
        heads: Heads of every attention.
        patch: Side of a patch in pixels.
        size: Side of the picture in pixels.
        frames: Frames of a clip.
        tubelet: Frames of a temporal token; the spatial expert sees one frame of each.
        mlp_ratio: Width of the feed-forward layers, in units of ``width``.
        adapter_ratio: Width of the adapters, likewise.
        bottleneck_ratio: Width of the cross-attention, likewise.
        adapters: Whether attention and feed-forward layers of every block have adapters.
        exchange: How the experts learn from each other.
        spatial: The spatial expert (CLIP).
        temporal: The temporal expert (VideoMAE).

    Raises:
        ValueError: The sizes do not divide each other, a stem does not fit them, or a block is named
            that does not exist.
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
    adapters: bool = True
    exchange: ExchangeConfig = field(default_factory=ExchangeConfig)
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
        self.spatial.check_place("spatial", width=self.width, heads=self.heads)
        self.temporal.check_place("temporal", width=self.width, heads=self.heads)
        stems = (self.spatial.stem, self.temporal.stem)
        if "conv" in stems and self.patch != CONV_STEM_PATCH:
            raise ValueError(f"a convolutional stem makes patches of {CONV_STEM_PATCH} pixels")
        if self.exchange.blocks is not None and self.exchange.blocks[-1] >= self.depth:
            raise ValueError(
                f"there is no block {self.exchange.blocks[-1]} to exchange in: {self.depth} blocks "
                "are counted from 0"
            )

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
    def exchange_blocks(self) -> tuple[int, ...]:
        """The blocks, counted from 0, in which the streams meet."""
        if not self.exchange.inside_blocks:
            return ()
        return tuple(range(self.depth)) if self.exchange.blocks is None else self.exchange.blocks

    @property
    def spatial_frames(self) -> slice:
        """Which frames the spatial expert sees: the middle one of each tubelet (1, 3, 5 … for 2)."""
        return slice(self.tubelet // 2, None, self.tubelet)

    def to_json(self) -> dict[str, object]:
        """Return the configuration as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> CastConfig:
        """Read what :meth:`to_json` wrote, now or before networks could differ in their exchange.

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
            adapters=found.flag("adapters") if "adapters" in values else True,
            exchange=(
                ExchangeConfig.from_json(found.value("exchange"))
                if "exchange" in values
                else ExchangeConfig()
            ),
            spatial=ExpertConfig.from_json(found.value("spatial")),
            temporal=ExpertConfig.from_json(found.value("temporal")),
        )


def _choice(found: Fields, name: str, choices: Sequence[_Choice]) -> _Choice:
    value = found.text(name)
    for choice in choices:
        if choice == value:
            return choice
    raise ValueError(f"{found.where} knows no {name} “{value}”; it may be {', '.join(choices)}")


def _blocks(found: Fields) -> tuple[int, ...] | None:
    if found.value("blocks") is None:
        return None
    blocks = tuple(
        number
        for number in found.items("blocks")
        if isinstance(number, int) and not isinstance(number, bool)
    )
    if len(blocks) != len(found.items("blocks")):
        raise ValueError(f"the blocks of {found.where} must be whole numbers")
    return blocks


@dataclass(frozen=True, slots=True)
class HeadConfig:
    """A classifier of a network.

    Attributes:
        name: Of the label head it answers.
        classes: How many classes it tells apart.
        reads: The stream it reads; None: the one that suits its name, see :attr:`stream`.
    """

    name: str
    classes: int
    reads: Stream | None = None

    @property
    def stream(self) -> Stream:
        """The spatial stream for nouns, the temporal one for verbs, both for actions (section 4)."""
        if self.reads is not None:
            return self.reads
        if self.name == "noun":
            return "spatial"
        if self.name == "verb":
            return "temporal"
        return "both"
