"""Experts of other libraries under our names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from cast_studio.errors import ModelError
from cast_studio.model.expert_kinds import HEAD_WIDTH, Expert, ExpertKind, ExpertSizes
from cast_studio.model.experts import SpatialExpert, TemporalExpert
from cast_studio.said import say


@dataclass(frozen=True)
class Translation:
    """What a file gives an expert.

    Attributes:
        expert: Kind and sizes, as far as they were found.
        weights: By our names inside :class:`SpatialExpert` or :class:`TemporalExpert`; in the file's
            precision, and mostly still the file's own memory.
        final_norm: ``weight`` and ``bias`` that CAST's final norm of this stream starts from; empty
            where it starts as new.
        dropped: The file's names that are not used, and why.
        missing: Our names that the file lacks; an expert is complete without any.
    """

    expert: Expert
    weights: Mapping[str, Tensor]
    final_norm: Mapping[str, Tensor]
    dropped: Mapping[str, str]
    missing: tuple[str, ...]


def translate(
    kind: ExpertKind,
    state: Mapping[str, Tensor],
    *,
    frames: int | None = None,
    size: int | None = None,
) -> Translation:
    """Bring the tensors of a file under our names.

    Args:
        kind: Which expert the file is said to hold.
        state: Its tensors, under the library's names.
        frames: Frames that a temporal expert sees, which no file says; None: as published.
        size: Side of a temporal expert's picture in pixels, likewise.

    Raises:
        ModelError: The tensors are not those of such an expert.
    """
    sorted_out = _sort(kind, state)
    if not sorted_out.weights:
        raise ModelError(
            say(
                "There is no expert of the kind “{kind}” among these weights; choose the kind "
                "that the file was made as, or another file.",
                kind=kind.title,
            )
        )
    published = kind.sizes
    if kind.role == "temporal":
        published = replace(
            published, frames=frames or published.frames, size=size or published.size
        )
    expert = Expert(
        kind.name, kind.role, kind.config, _measure(kind, sorted_out.weights, published)
    )
    expected = _expected_shapes(expert)
    for name, shape in expected.items():
        tensor = sorted_out.weights.get(name)
        if tensor is None:
            continue
        if tensor.shape != shape:
            raise _not_such(kind, f"“{name}” should be {tuple(shape)}, not {tuple(tensor.shape)}")
        if not tensor.is_floating_point():
            raise _not_such(kind, f"“{name}” holds whole numbers")
    unplaced = [name for name in sorted_out.weights if name not in expected]
    if unplaced:
        raise _not_such(kind, f"“{unplaced[0]}” has no place in it")
    missing = tuple(name for name in expected if name not in sorted_out.weights)
    return Translation(
        expert, sorted_out.weights, sorted_out.final_norm, sorted_out.dropped, missing
    )


def make_expert(expert: Expert) -> SpatialExpert | TemporalExpert:
    """Return an expert without weights, on the "meta" device.

    Raises:
        ModelError: The sizes do not divide each other.
    """
    try:
        config = expert.network()
    except ValueError as error:
        raise ModelError(
            say(
                "The expert “{kind}” cannot be built: {error}; import it again.",
                kind=expert.kind,
                error=error,
            )
        ) from error
    with torch.device("meta"):
        return SpatialExpert(config) if expert.role == "spatial" else TemporalExpert(config)


@dataclass(frozen=True)
class _Sorted:
    weights: dict[str, Tensor]
    final_norm: dict[str, Tensor]
    dropped: dict[str, str]


def _sort(kind: ExpertKind, state: Mapping[str, Tensor]) -> _Sorted:
    """Give every tensor of a file its place: in the expert, in the final norm, or nowhere."""
    names, found = kind.names, _Sorted({}, {}, {})
    prefix = names.find_prefix(state)
    if prefix is None:
        return found
    pieces: dict[str, Tensor] = {}
    for key, tensor in state.items():
        name = key.removeprefix(prefix)
        why = names.why_dropped(name)
        if why is None and not key.startswith(prefix):
            why = names.outside
        if why is not None:
            found.dropped[key] = why
        elif names.final_norm and name.startswith(names.final_norm):
            found.final_norm[name.removeprefix(names.final_norm)] = tensor
        elif (block := names.split_block(name)) is None:
            ours = names.outer_name(name)
            if ours is None:
                raise _not_such(kind, f"it knows no “{key}”")
            found.weights[ours] = _without_batch(ours, tensor)
        else:
            number, rest = block
            places = names.inner_names(rest)
            if places:
                _place(kind, found.weights, tuple(f"blocks.{number}.{p}" for p in places), tensor)
            elif any(rest in parts for parts in names.joined.values()):
                pieces[name] = tensor
            else:
                raise _not_such(kind, f"it knows no “{key}”")
    _join(kind, pieces, found.weights)
    return found


def _place(
    kind: ExpertKind, weights: dict[str, Tensor], places: tuple[str, ...], tensor: Tensor
) -> None:
    """Put a tensor, or its equal parts, in their places, each of which is filled once."""
    if len(places) == 1:
        parts: tuple[Tensor, ...] = (tensor,)
    elif tensor.ndim == 0 or len(tensor) % len(places):
        raise _not_such(kind, f"“{places[0]}” does not divide into {len(places)} parts")
    else:
        # clones: parts of one memory would not be written to a file of tensors
        parts = tuple(part.clone() for part in tensor.chunk(len(places)))
    for place, part in zip(places, parts, strict=True):
        if place in weights:
            raise _not_such(kind, f"it has two tensors for “{place}”")
        weights[place] = part


def _join(kind: ExpertKind, pieces: Mapping[str, Tensor], weights: dict[str, Tensor]) -> None:
    names = kind.names
    blocks = {split[0] for name in pieces if (split := names.split_block(name)) is not None}
    for number in sorted(blocks):
        for ours, theirs in names.joined.items():
            parts = [pieces.get(f"{names.block}{number}.{part}") for part in theirs]
            whole = [part for part in parts if part is not None]
            if len(whole) < len(parts):
                continue  # is reported as missing
            if len({part.shape for part in whole}) != 1 or whole[0].ndim != 2:
                raise _not_such(kind, f"the parts of “blocks.{number}.{ours}” differ in shape")
            weights[f"blocks.{number}.{ours}"] = torch.cat(whole)


def _without_batch(name: str, tensor: Tensor) -> Tensor:
    """Drop the dimension of one that timm keeps for the batch in class token and positions."""
    if name == "class_token":
        return tensor.reshape(-1)
    if name == "position" and tensor.ndim == 3 and len(tensor) == 1:
        return tensor[0]
    return tensor


def _measure(
    kind: ExpertKind, weights: Mapping[str, Tensor], published: ExpertSizes
) -> ExpertSizes:
    """Read the sizes of an expert from its tensors, as far as they say them."""
    stem = weights.get("stem.weight")
    up = weights.get("blocks.0.mlp.up.weight")
    blocks = {name.split(".")[1] for name in weights if name.startswith("blocks.")}
    if stem is None or up is None or up.ndim != 2:
        raise _not_such(kind, "it lacks the embedding of patches or the first block")
    if stem.ndim != (4 if kind.role == "spatial" else 5) or min(stem.shape) <= 0:
        raise _not_such(kind, f"its embedding of patches has the shape {tuple(stem.shape)}")
    if blocks != {str(number) for number in range(len(blocks))}:
        raise _not_such(kind, "its blocks are not numbered one after the other")
    width, patch = int(stem.shape[0]), int(stem.shape[-1])
    if width % HEAD_WIDTH:
        raise _not_such(kind, f"its {width} channels are no heads of {HEAD_WIDTH}")
    gate = 3 / 2 if kind.config.activation == "swiglu" else 1.0
    return replace(
        published,
        width=width,
        depth=len(blocks),
        heads=width // HEAD_WIDTH,
        patch=patch,
        size=published.size if kind.role == "temporal" else _picture_size(kind, weights, patch),
        tubelet=int(stem.shape[2]) if kind.role == "temporal" else 1,
        mlp_ratio=len(up) * gate / width,
    )


def _picture_size(kind: ExpertKind, weights: Mapping[str, Tensor], patch: int) -> int:
    position = weights.get("position")
    patches = 0 if position is None or position.ndim != 2 else len(position) - 1
    grid = math.isqrt(max(patches, 0))
    if grid == 0 or grid * grid != patches:
        raise _not_such(kind, "its positions are not those of a square picture")
    return grid * patch


def _expected_shapes(expert: Expert) -> dict[str, torch.Size]:
    module: nn.Module = make_expert(expert)
    return {name: tensor.shape for name, tensor in module.state_dict().items()}


def _not_such(kind: ExpertKind, why: str) -> ModelError:
    return ModelError(
        say(
            "These weights are not those of an expert of the kind “{kind}”: {why}; choose "
            "the kind that the file was made as, or another file.",
            kind=kind.title,
            why=why,
        )
    )
