"""Our experts against the libraries that the published ones were trained with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from cast_studio.model.cast import Cast
from cast_studio.model.config import HeadConfig
from cast_studio.model.expert_kinds import EXPERT_KINDS, combine
from cast_studio.model.expert_translation import Translation, make_expert, translate
from cast_studio.model.experts import SpatialExpert, TemporalExpert
from tests.model.library_experts import (
    FRAMES,
    SIZE,
    LibraryExpert,
    make_clip,
    make_eva,
    make_published_clip,
    make_published_eva,
    make_videomae,
    make_videomae_transformers,
)

TOLERANCE = 1e-5

Maker = Callable[[Path], LibraryExpert]

SMALL: dict[str, Maker] = {
    "clip-openai": lambda folder: make_clip(folder, quick_gelu=True),
    "clip-open_clip": lambda folder: make_clip(folder, quick_gelu=False),
    "eva02-clip": make_eva,
    "videomae": make_videomae,
    "videomae-transformers": make_videomae_transformers,
    "mvd": lambda folder: make_videomae(folder, mvd=True),
}

PUBLISHED: dict[str, Maker] = {
    "clip-openai": lambda folder: make_published_clip(folder, quick_gelu=True),
    "clip-open_clip": lambda folder: make_published_clip(folder, quick_gelu=False),
    "eva02-clip": make_published_eva,
    "videomae": lambda folder: make_videomae(folder, published=True),
    "videomae-transformers": lambda folder: make_videomae_transformers(folder, published=True),
    "mvd": lambda folder: make_videomae(folder, mvd=True, published=True),
}

SPATIAL = [name for name, kind in EXPERT_KINDS.items() if kind.role == "spatial"]
TEMPORAL = [name for name, kind in EXPERT_KINDS.items() if kind.role == "temporal"]
EXACT = 1e-10
"""In float64. EVA02's rotations are made in float32 by timm, in float64 here: they differ by 1e-6."""


def translated(kind: str, library: LibraryExpert) -> Translation:
    translation = translate(EXPERT_KINDS[kind], library.state, frames=FRAMES, size=SIZE)
    assert translation.missing == ()
    return translation


def load(translation: Translation) -> SpatialExpert | TemporalExpert:
    expert = make_expert(translation.expert)
    expert.load_state_dict(translation.weights, assign=True)
    return expert.eval()


def features(translation: Translation, x: Tensor) -> Tensor:
    """Our expert alone: its tokens, behind the file's final norm where CAST starts from that."""
    tokens: Tensor = load(translation).to(x.dtype)(x)
    if not translation.final_norm:
        return tokens
    weight, bias = (translation.final_norm[part].to(x.dtype) for part in ("weight", "bias"))
    eps = translation.expert.config.norm_eps
    return torch.nn.functional.layer_norm(tokens, weight.shape, weight, bias, eps)


def sight(translation: Translation, dtype: torch.dtype) -> Tensor:
    """What an expert looks at: two pictures or clips of noise."""
    sizes = translation.expert.sizes
    shape = (2, 3, sizes.frames, sizes.size, sizes.size)
    clips = torch.randn(shape, generator=torch.Generator().manual_seed(5), dtype=dtype)
    return clips[:, :, 0] if translation.expert.role == "spatial" else clips


@pytest.mark.parametrize("kind", SMALL)
@torch.inference_mode()
def test_an_expert_sees_what_its_library_sees(kind: str, tmp_path: Path) -> None:
    library = SMALL[kind](tmp_path)
    translation = translated(kind, library)
    x = sight(translation, torch.float64)
    tolerance = TOLERANCE if kind == "eva02-clip" else EXACT
    torch.testing.assert_close(
        features(translation, x), library.features(x), rtol=0, atol=tolerance
    )
    x = x.float()
    torch.testing.assert_close(
        features(translation, x), library.features(x), rtol=0, atol=TOLERANCE
    )


@pytest.mark.parametrize(
    ("kind", "other", "apart"),
    [
        ("clip-openai", "clip-open_clip", 1e-3),
        ("videomae", "mvd", 1e-1),
    ],
)
@torch.inference_mode()
def test_kinds_that_share_their_names_do_not_see_alike(
    kind: str, other: str, apart: float, tmp_path: Path
) -> None:
    library = SMALL[kind](tmp_path)
    translation, mistaken = translated(kind, library), translated(other, library)
    x = sight(translation, torch.float64)
    difference = (features(translation, x) - features(mistaken, x)).abs().max()
    assert difference > apart


@pytest.fixture(scope="module")
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.slow
@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("kind", PUBLISHED)
@torch.inference_mode()
def test_a_published_expert_sees_what_its_library_sees(kind: str, tmp_path: Path) -> None:
    library = PUBLISHED[kind](tmp_path)
    translation = translate(EXPERT_KINDS[kind], library.state)
    assert translation.missing == ()
    assert translation.expert.sizes == EXPERT_KINDS[kind].sizes
    x = sight(translation, torch.float32)[:1]
    torch.testing.assert_close(
        features(translation, x), library.features(x), rtol=0, atol=TOLERANCE
    )


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Translation]:
    """One small expert of every kind."""
    return {
        kind: translated(kind, make(tmp_path_factory.mktemp(kind))) for kind, make in SMALL.items()
    }


@pytest.mark.parametrize("temporal", TEMPORAL)
@pytest.mark.parametrize("spatial", SPATIAL)
@torch.inference_mode()
def test_a_fresh_network_of_two_experts_is_the_two(
    spatial: str, temporal: str, small: dict[str, Translation]
) -> None:
    """Adapters and B-CAST start as zero, whatever they are put between."""
    torch.manual_seed(1)
    config = combine(small[spatial].expert, small[temporal].expert)
    cast = Cast(config, (HeadConfig("verb", 5), HeadConfig("noun", 7))).eval()
    cast.spatial.load_state_dict(small[spatial].weights)
    cast.temporal.load_state_dict(small[temporal].weights)
    clips = torch.randn(2, 3, FRAMES, SIZE, SIZE)
    logits = cast(clips).logits

    pictures = clips[:, :, config.spatial_frames].transpose(1, 2).flatten(0, 1)
    tokens = load(small[spatial])(pictures)[:, 0].unflatten(0, (2, config.steps)).mean(1)
    torch.testing.assert_close(logits["noun"], cast.heads["noun"](cast.spatial_norm(tokens)))
    average = load(small[temporal])(clips).mean(1)
    torch.testing.assert_close(logits["verb"], cast.heads["verb"](cast.temporal_norm(average)))


@pytest.mark.parametrize("spatial", SPATIAL)
def test_only_what_is_between_the_experts_is_trained(
    spatial: str, small: dict[str, Translation]
) -> None:
    config = combine(small[spatial].expert, small["mvd"].expert)
    cast = Cast(config, (HeadConfig("action", 3),))
    frozen = {name.split(".", 1)[1] for name in cast.state_dict() if name.startswith("spatial.")}
    assert frozen == set(small[spatial].weights)
    cast.freeze_experts()
    cast(torch.randn(1, 3, FRAMES, SIZE, SIZE)).logits["action"].sum().backward()
    for name, parameter in cast.named_parameters():
        assert parameter.requires_grad != name.startswith(("spatial.", "temporal.")), name
