"""Files of other libraries under our names, and what is refused of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import VideoMAEForPreTraining, VideoMAEForVideoClassification

from cast_studio.errors import ModelError
from cast_studio.model.expert_kinds import EXPERT_KINDS, ExpertSizes
from cast_studio.model.expert_translation import Translation, translate
from cast_studio.model.weights.names import our_names
from tests.model.library_experts import (
    DEPTH,
    FRAMES,
    HEADS,
    PATCH,
    SIZE,
    WIDTH,
    make_clip,
    make_eva,
    make_videomae,
    save_transformers,
    videomae_config,
)

REFERENCE = Path(__file__).parents[3] / "shared" / "reference"


def small(kind: str, state: Mapping[str, Tensor]) -> Translation:
    return translate(EXPERT_KINDS[kind], state, frames=FRAMES, size=SIZE)


@pytest.fixture(scope="module")
def videomae(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tensor]:
    """A small expert under its authors' names."""
    return make_videomae(tmp_path_factory.mktemp("videomae")).state


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tensor]:
    """Both towers of a small CLIP."""
    return make_clip(tmp_path_factory.mktemp("clip"), quick_gelu=True).state


@pytest.fixture(scope="module")
def eva(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tensor]:
    """A small EVA02-CLIP."""
    return make_eva(tmp_path_factory.mktemp("eva")).state


# What the published loader does with the files that the published experts come in -----------------


def clip_tower() -> dict[str, Tensor]:
    """The 152 tensors of CLIP's visual tower, without numbers."""
    shapes: dict[str, tuple[int, ...]] = {
        "class_embedding": (768,),
        "positional_embedding": (197, 768),
        "proj": (768, 512),
        "conv1.weight": (768, 3, 16, 16),
    }
    norms = ["ln_pre", "ln_post"]
    for at in range(12):
        block = f"transformer.resblocks.{at}."
        norms += [f"{block}ln_1", f"{block}ln_2"]
        shapes |= {
            f"{block}attn.in_proj_weight": (2304, 768),
            f"{block}attn.in_proj_bias": (2304,),
            f"{block}attn.out_proj.weight": (768, 768),
            f"{block}attn.out_proj.bias": (768,),
            f"{block}mlp.c_fc.weight": (3072, 768),
            f"{block}mlp.c_fc.bias": (3072,),
            f"{block}mlp.c_proj.weight": (768, 3072),
            f"{block}mlp.c_proj.bias": (768,),
        }
    shapes |= {f"{norm}.{part}": (768,) for norm in norms for part in ("weight", "bias")}
    return weightless(shapes)


def videomae_blocks(place: str, count: int, width: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for at in range(count):
        block = f"{place}blocks.{at}."
        shapes |= {
            f"{block}norm1.weight": (width,),
            f"{block}norm1.bias": (width,),
            f"{block}norm2.weight": (width,),
            f"{block}norm2.bias": (width,),
            f"{block}attn.q_bias": (width,),
            f"{block}attn.v_bias": (width,),
            f"{block}attn.qkv.weight": (3 * width, width),
            f"{block}attn.proj.weight": (width, width),
            f"{block}attn.proj.bias": (width,),
            f"{block}mlp.fc1.weight": (4 * width, width),
            f"{block}mlp.fc1.bias": (4 * width,),
            f"{block}mlp.fc2.weight": (width, 4 * width),
            f"{block}mlp.fc2.bias": (width,),
        }
    return shapes


def videomae_file(*, pretrained: bool) -> dict[str, Tensor]:
    """The tensors of VideoMAE-B's files, pre-trained or fine-tuned on 400 classes, without numbers."""
    place = "encoder." if pretrained else ""
    shapes = videomae_blocks(place, 12, 768)
    shapes[f"{place}patch_embed.proj.weight"] = (768, 3, 2, 16, 16)
    shapes[f"{place}patch_embed.proj.bias"] = (768,)
    if pretrained:
        shapes |= videomae_blocks("decoder.", 4, 384)
        shapes |= {
            "encoder.norm.weight": (768,),
            "encoder.norm.bias": (768,),
            "decoder.norm.weight": (384,),
            "decoder.norm.bias": (384,),
            "decoder.head.weight": (1536, 384),
            "decoder.head.bias": (1536,),
            "encoder_to_decoder.weight": (384, 768),
            "mask_token": (1, 1, 384),
        }
    else:
        shapes |= {
            "fc_norm.weight": (768,),
            "fc_norm.bias": (768,),
            "head.weight": (400, 768),
            "head.bias": (400,),
        }
    return weightless(shapes)


def weightless(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Tensor]:
    return {key: torch.empty(shape, device="meta") for key, shape in shapes.items()}


@pytest.mark.skipif(
    not REFERENCE.is_dir(), reason=f"what the published loader did is not at {REFERENCE}"
)
@pytest.mark.parametrize("file", ["pretrain", "finetune400"])
def test_tensors_go_where_the_published_loader_puts_them(file: str) -> None:
    reports = json.loads((REFERENCE / "loader_check.json").read_text())
    report = reports[f"ssv2/{file}"]
    clip = translate(EXPERT_KINDS["clip-openai"], clip_tower())
    videomae = translate(EXPERT_KINDS["videomae"], videomae_file(pretrained=file == "pretrain"))
    assert clip.missing == videomae.missing == ()

    dropped = {key.removeprefix("encoder.") for key in (*clip.dropped, *videomae.dropped)}
    classifier = {"head.weight", "head.bias"} if report["removed"] else set()
    assert len(dropped) == report["n_unused"] + len(classifier)
    # the report counts all of them, and spells out those outside the blocks
    assert {key for key in dropped if "blocks" not in key} == {
        *(key.replace("clip_proj", "proj") for key in report["unused"]),
        *classifier,
    }

    keys = json.loads((REFERENCE / "keys.json").read_text())["ssv2"]
    given = {f"spatial.{name}" for name in clip.weights}
    given |= {f"temporal.{name}" for name in videomae.weights}
    given |= {f"spatial_norm.{part}" for part in clip.final_norm}
    missing = [key for key in keys if not given.issuperset(our_names(key))]
    assert len(missing) == report["n_missing"]
    assert [key for key in missing if not key.startswith("blocks.")] == report["missing_nonblock"]
    first = {key for key in missing if key.startswith("blocks.0.")}
    assert first == set(report["missing_block0"])
    assert given == {name for key in keys if key not in missing for name in our_names(key)}


# Files as they come -------------------------------------------------------------------------------


def test_sizes_are_read_from_the_tensors(
    clip: dict[str, Tensor], eva: dict[str, Tensor], videomae: dict[str, Tensor]
) -> None:
    still = ExpertSizes(WIDTH, DEPTH, HEADS, PATCH, SIZE)
    moving = ExpertSizes(WIDTH, DEPTH, HEADS, PATCH, SIZE, FRAMES, 2)
    assert small("clip-openai", clip).expert.sizes == still
    assert small("eva02-clip", eva).expert.sizes == still
    assert small("videomae", videomae).expert.sizes == moving


def test_the_tower_alone_is_enough(clip: dict[str, Tensor]) -> None:
    tower = {
        key.removeprefix("visual."): tensor
        for key, tensor in clip.items()
        if key.startswith("visual.")
    }
    whole, alone = small("clip-openai", clip), small("clip-openai", tower)
    assert alone.missing == ()
    assert set(alone.dropped) == {"proj"}
    assert "text" in alone.dropped["proj"]
    assert "visual tower" in whole.dropped["positional_embedding"]  # the texts'
    for name, tensor in whole.weights.items():
        assert torch.equal(alone.weights[name], tensor)


@pytest.mark.parametrize("prefix", ["encoder.", "backbone.", "module.", "module.encoder."])
def test_prefixes_are_removed(prefix: str, videomae: dict[str, Tensor]) -> None:
    plain = small("videomae", videomae)
    prefixed = small("videomae", {prefix + key: tensor for key, tensor in videomae.items()})
    assert set(prefixed.weights) == set(plain.weights)
    assert prefixed.missing == ()


@pytest.mark.parametrize("model", [VideoMAEForPreTraining, VideoMAEForVideoClassification])
def test_transformers_other_models_hold_the_same_expert(
    model: type[VideoMAEForPreTraining] | type[VideoMAEForVideoClassification], tmp_path: Path
) -> None:
    state = save_transformers(model(videomae_config()), tmp_path)
    translation = small("videomae-transformers", state)
    assert translation.missing == ()
    left = {key.split(".")[0] for key in state if not key.startswith("videomae.")}
    assert left
    assert left <= {key.split(".")[0] for key in translation.dropped}


def test_both_namings_of_the_biases_are_read(tmp_path: Path) -> None:
    state = save_transformers(VideoMAEForVideoClassification(videomae_config()), tmp_path)
    renamed = {
        key.replace("query.bias", "q_bias").replace("value.bias", "v_bias"): tensor
        for key, tensor in state.items()
    }
    other = {
        key.replace("q_bias", "query.bias").replace("v_bias", "value.bias"): tensor
        for key, tensor in state.items()
    }
    assert set(renamed) != set(other)
    old, new = (small("videomae-transformers", names) for names in (renamed, other))
    assert old.missing == new.missing == ()
    for name, tensor in new.weights.items():
        assert torch.equal(old.weights[name], tensor)


def test_no_two_weights_share_memory(clip: dict[str, Tensor]) -> None:
    """A file of tensors refuses them otherwise."""
    weights = small("clip-openai", clip).weights.values()
    assert len({tensor.untyped_storage().data_ptr() for tensor in weights}) == len(weights)


def test_precision_stays_the_files(clip: dict[str, Tensor]) -> None:
    half = small("clip-openai", {key: tensor.half() for key, tensor in clip.items()})
    assert {tensor.dtype for tensor in half.weights.values()} == {torch.float16}


# What is not such an expert -------------------------------------------------------------------------


def test_what_is_lacking_is_reported(clip: dict[str, Tensor], eva: dict[str, Tensor]) -> None:
    del (clip := dict(clip))["visual.transformer.resblocks.1.attn.in_proj_bias"]
    assert small("clip-openai", clip).missing == tuple(
        f"blocks.1.attention.{part}_bias" for part in ("query", "value", "key")
    )
    del (eva := dict(eva))["visual.trunk.blocks.1.attn.k_proj.weight"]
    assert small("eva02-clip", eva).missing == ("blocks.1.attention.qkv.weight",)


@pytest.mark.parametrize("kind", ["clip-openai", "eva02-clip", "videomae-transformers"])
def test_weights_of_another_kind_are_refused(kind: str, videomae: dict[str, Tensor]) -> None:
    with pytest.raises(ModelError, match="There is no expert of the kind"):
        small(kind, videomae)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"blocks.0.gamma_1": torch.ones(WIDTH)}, "it knows no “blocks.0.gamma_1”"),
        ({"pos_embed": torch.ones(1, 64, WIDTH)}, "it knows no “pos_embed”"),
        ({"blocks.7.attn.q_bias": torch.ones(WIDTH)}, "not numbered one after the other"),
        ({"blocks.01.attn.q_bias": torch.ones(WIDTH)}, "it knows no “blocks.01.attn.q_bias”"),
        ({"blocks.99999.attn.q_bias": torch.ones(WIDTH)}, "it knows no “blocks.99999"),
        ({"blocks.0.attn.q_bias": torch.ones(3)}, r"should be \(192,\), not \(3,\)"),
        ({"blocks.0.attn.q_bias": torch.ones(WIDTH).long()}, "holds whole numbers"),
        ({"blocks.0.mlp.fc1.weight": torch.tensor(1.0)}, "lacks the embedding of patches"),
        ({"patch_embed.proj.weight": torch.ones(WIDTH)}, r"has the shape \(192,\)"),
        ({"patch_embed.proj.weight": torch.ones(100, 3, 2, 8, 8)}, "100 channels are no heads"),
        ({"patch_embed.proj.weight": torch.ones(192, 3, 0, 8, 8)}, r"the shape \(192, 3, 0"),
        ({"patch_embed.proj.weight": torch.ones(192, 3, 3, 8, 8)}, "does not divide the clip"),
        ({"patch_embed.proj.weight": torch.ones(192, 4, 2, 8, 8)}, r"should be \(192, 3, 2"),
    ],
)
def test_weights_of_no_such_expert_are_refused(
    change: dict[str, Tensor], sentence: str, videomae: dict[str, Tensor]
) -> None:
    with pytest.raises(ModelError, match=sentence):
        small("videomae", videomae | change)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"positional_embedding": torch.ones(8, WIDTH)}, "not those of a square picture"),
        ({"positional_embedding": torch.tensor(1.0)}, "not those of a square picture"),
        ({"transformer.resblocks.0.attn.in_proj_bias": torch.ones(4)}, "divide into 3 parts"),
        ({"transformer.resblocks.0.attn.in_proj_bias": torch.tensor(1.0)}, "into 3 parts"),
    ],
)
def test_towers_of_no_clip_are_refused(
    change: dict[str, Tensor], sentence: str, clip: dict[str, Tensor]
) -> None:
    changed = {f"visual.{key}": tensor for key, tensor in change.items()}
    with pytest.raises(ModelError, match=sentence):
        small("clip-open_clip", clip | changed)


def test_parts_that_cannot_be_joined_are_refused(eva: dict[str, Tensor]) -> None:
    part = {"visual.trunk.blocks.0.attn.k_proj.weight": torch.ones(3, 3)}
    with pytest.raises(ModelError, match="differ in shape"):
        small("eva02-clip", eva | part)


def test_one_bias_under_two_names_is_refused(tmp_path: Path) -> None:
    state = save_transformers(VideoMAEForVideoClassification(videomae_config()), tmp_path)
    place = "videomae.encoder.layer.0.attention.attention."
    twice = {f"{place}q_bias": torch.ones(WIDTH), f"{place}query.bias": torch.ones(WIDTH)}
    with pytest.raises(ModelError, match="two tensors"):
        small("videomae-transformers", state | twice)
