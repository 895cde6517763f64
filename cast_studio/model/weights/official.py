"""Complete CAST models of the published code: told by their names, measured by their shapes."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from cast_studio.errors import ModelError
from cast_studio.model.cast import Cast
from cast_studio.model.config import CastConfig, HeadConfig
from cast_studio.model.expert_kinds import HEAD_WIDTH
from cast_studio.model.weights.names import our_names
from cast_studio.said import say

DATASETS: Mapping[tuple[tuple[str, int], ...], str] = {
    (("verb", 97), ("noun", 300)): "EPIC-KITCHENS-100",
    (("action", 174),): "Something-Something V2",
    (("action", 400),): "Kinetics-400",
}
"""What the published models were trained on, by their heads."""

_PREFIXES = ("backbone.", "encoder.", "module.")
"""What training programs put before the names; the published loader takes it off."""
_SIGNATURE = ("clip_class_embedding", "blocks.0.cross_s_down.weight")
_HEADS: Mapping[str, str] = {"verb": "head_verb", "noun": "head_noun", "action": "head"}
_BLOCK = re.compile(r"blocks\.(\d{1,4})\.")
_MOST_TOKENS = 100_000
_NAMED = 3


@dataclass(frozen=True)
class OfficialCast:
    """A complete model under our names.

    Attributes:
        network: Its sizes.
        heads: Its classifiers.
        weights: By our names; mostly still the file's own memory.
        used: The file's names of what was taken.
        dropped: The file's names of what was not, and why.
    """

    network: CastConfig
    heads: tuple[HeadConfig, ...]
    weights: Mapping[str, Tensor]
    used: tuple[str, ...]
    dropped: Mapping[str, str]

    @property
    def dataset(self) -> str:
        """What it was trained on, as far as its heads tell; else ""."""
        return DATASETS.get(tuple((head.name, head.classes) for head in self.heads), "")


def is_cast(keys: Collection[str]) -> bool:
    """Whether tensors of these names are a CAST model of the published code, or a part of one."""
    return not {_bare(key) for key in keys}.isdisjoint(_SIGNATURE)


def translate_cast(state: Mapping[str, Tensor]) -> OfficialCast:
    """Bring a model of the published code under our names.

    Args:
        state: For which :func:`is_cast` holds.

    Raises:
        ModelError: The model is not complete, or of sizes that do not fit each other.
    """
    bare = {_bare(key): key for key in state}
    tensors = {name: state[key] for name, key in bare.items()}
    try:
        network, heads = _measure(tensors), _heads(tensors)
    except KeyError as error:
        raise _incomplete(f"“{error.args[0]}” is missing") from error
    except ValueError as error:
        raise _incomplete(str(error)) from error
    with torch.device("meta"):
        expected = {name: value.shape for name, value in Cast(network, heads).state_dict().items()}
    weights: dict[str, Tensor] = {}
    used: list[str] = []
    dropped: dict[str, str] = {}
    for name, key in bare.items():
        places = _places(name, expected)
        if not places:
            dropped[key] = "it is no part of CAST"
            continue
        used.append(key)
        weights |= zip(places, _parts(name, tensors[name], len(places)), strict=True)
    missing = [name for name in expected if name not in weights]
    if missing:
        raise _incomplete(f"{len(missing)} tensors are missing, such as {_some(missing)}")
    wrong = [name for name, shape in expected.items() if weights[name].shape != shape]
    if wrong:
        raise _incomplete(f"{len(wrong)} tensors are of another size, such as {_some(wrong)}")
    return OfficialCast(network, heads, weights, tuple(used), dropped)


def _bare(key: str) -> str:
    for prefix in _PREFIXES:
        if key.startswith(prefix):
            return key.removeprefix(prefix)
    return key


def _places(name: str, expected: Collection[str]) -> tuple[str, ...]:
    try:
        places = our_names(name)
    except KeyError:
        return ()
    return places if all(place in expected for place in places) else ()


def _parts(name: str, tensor: Tensor, count: int) -> tuple[Tensor, ...]:
    if not tensor.is_floating_point():
        raise _incomplete(f"“{name}” does not hold fractions")
    if count == 1:
        return (tensor,)
    if tensor.ndim == 0 or len(tensor) % count:
        raise _incomplete(f"“{name}” does not divide into {count} parts")
    return tensor.chunk(count)


def _measure(tensors: Mapping[str, Tensor]) -> CastConfig:
    """Read the sizes from the shapes; no file says how many heads the attentions have.

    Raises:
        KeyError: A tensor that tells a size is missing.
        ValueError: The sizes do not fit each other.
    """
    width, _, patch, _ = _shape(tensors, "clip_conv1.weight", 4)
    positions, _ = _shape(tensors, "clip_positional_embedding", 2)
    tubelet = _shape(tensors, "patch_embed.proj.weight", 5)[2]
    steps, bottleneck = _shape(tensors, "blocks.0.t2s_cross.clip_time_pos", 2)
    grid = math.isqrt(positions - 1)
    if steps * positions > _MOST_TOKENS:
        raise ValueError(f"its clips would be {steps * positions} tokens")
    blocks = {int(found[1]) for name in tensors if (found := _BLOCK.match(name))}
    if width % HEAD_WIDTH:
        raise ValueError(f"its {width} channels are no heads of {HEAD_WIDTH}")
    return CastConfig(
        width=width,
        depth=max(blocks) + 1,
        heads=width // HEAD_WIDTH,
        patch=patch,
        size=grid * patch,
        frames=steps * tubelet,
        tubelet=tubelet,
        mlp_ratio=_shape(tensors, "blocks.0.clip_mlp.c_fc.weight", 2)[0] / width,
        adapter_ratio=_shape(tensors, "blocks.0.S_Adapter.D_fc1.weight", 2)[0] / width,
        bottleneck_ratio=bottleneck / width,
    )


def _heads(tensors: Mapping[str, Tensor]) -> tuple[HeadConfig, ...]:
    found = [name for name, theirs in _HEADS.items() if f"{theirs}.weight" in tensors]
    if found not in (["verb", "noun"], ["action"]):
        raise ValueError("it has neither one head for actions nor heads for verbs and nouns")
    return tuple(
        HeadConfig(name, _shape(tensors, f"{_HEADS[name]}.weight", 2)[0]) for name in found
    )


def _shape(tensors: Mapping[str, Tensor], name: str, dimensions: int) -> tuple[int, ...]:
    shape = tuple(tensors[name].shape)
    if len(shape) != dimensions or min(shape) <= 0:
        raise ValueError(f"“{name}” has the impossible shape {shape}")
    return shape


def _some(names: list[str]) -> str:
    return ", ".join(f"“{name}”" for name in names[:_NAMED])


def _incomplete(why: str) -> ModelError:
    return ModelError(
        say(
            "These weights are a CAST model, but not a complete one: {why}; get the whole "
            "checkpoint.",
            why=why,
        )
    )
