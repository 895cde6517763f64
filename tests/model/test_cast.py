from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
import torch

from cast_studio.model import layers
from cast_studio.model.cast import Cast, is_expert_parameter
from cast_studio.model.checkpoints import head_configs, load_cast
from cast_studio.model.config import (
    DIRECTIONS,
    EXCHANGE_KINDS,
    WINDOWS,
    CastConfig,
    ExchangeConfig,
    HeadConfig,
)
from cast_studio.model.layers import DropPath, attend
from cast_studio.model.positions import sinusoid_table
from tests.benchmarks.forward import flop_of_a_view
from tests.fakes import make_head
from tests.model.examples import CONFIG, CONV_CONFIG, HEADS, make_cast, make_clips, write_model

ACTIONS = (make_head("action", "open", "close", "pour"),)
CONFIGS = pytest.mark.parametrize("config", [CONFIG, CONV_CONFIG], ids=["patch", "conv"])


def varied(adapters: bool = True, **exchange: object) -> CastConfig:
    """Return the small network with another exchange."""
    return replace(CONFIG, adapters=adapters, exchange=ExchangeConfig(**exchange))  # type: ignore[arg-type]


VARIATIONS = {
    **{
        f"{kind}, {direction}, {'with' if adapters else 'no'} adapters": varied(
            adapters, kind=kind, direction=direction
        )
        for kind, direction, adapters in product(EXCHANGE_KINDS, DIRECTIONS, (True, False))
    },
    **{
        f"t2s in {t2s}, s2t in {s2t}, {'with' if positions else 'no'} positions": varied(
            t2s_window=t2s, s2t_window=s2t, positions=positions
        )
        for t2s, s2t, positions in product(WINDOWS, WINDOWS, (True, False))
    },
    "the first block": varied(blocks=(0,)),
    "lateral in the last block": varied(kind="lateral", blocks=(1,)),
    "half the bottleneck": replace(CONFIG, bottleneck_ratio=0.25),
}
EVERY_VARIATION = pytest.mark.parametrize("config", VARIATIONS.values(), ids=VARIATIONS.keys())


def fresh(config: CastConfig = CONFIG) -> Cast:
    torch.manual_seed(3)
    return Cast(config, head_configs(HEADS)).eval()


@CONFIGS
@torch.inference_mode()
def test_a_fresh_network_is_its_two_experts(config: CastConfig) -> None:
    cast, clips = fresh(config), make_clips(3, config=config)
    logits = cast(clips).logits

    pictures = clips[:, :, config.spatial_frames].transpose(1, 2).flatten(0, 1)
    tokens = cast.spatial(pictures)[:, 0].unflatten(0, (3, config.steps)).mean(1)
    torch.testing.assert_close(logits["noun"], cast.heads["noun"](cast.spatial_norm(tokens)))

    average = cast.temporal(clips).mean(1)
    torch.testing.assert_close(logits["verb"], cast.heads["verb"](cast.temporal_norm(average)))


@EVERY_VARIATION
@torch.inference_mode()
def test_every_variation_starts_as_its_two_experts(config: CastConfig) -> None:
    """Only how their features reach the heads differs."""
    cast, clips = fresh(config), make_clips(3)
    pictures = clips[:, :, config.spatial_frames].transpose(1, 2).flatten(0, 1)
    tokens = cast.spatial(pictures)[:, 0].unflatten(0, (3, config.steps)).mean(1)
    seen = cast.spatial_norm(tokens)
    moved = cast.temporal_norm(cast.temporal(clips).mean(1))
    match config.exchange.kind:
        case "add":
            read = {"noun": seen + moved, "verb": seen + moved}
        case "concat":
            both = torch.cat([seen, moved], -1)
            read = {"noun": both, "verb": both}
        case _:
            read = {"noun": seen, "verb": moved}
    for head, logits in cast(clips).logits.items():
        torch.testing.assert_close(logits, cast.heads[head](read[head]))


@EVERY_VARIATION
def test_every_parameter_of_every_variation_is_used(config: CastConfig) -> None:
    cast = make_cast(config=config)
    cast.freeze_experts()
    sum(logits.square().sum() for logits in cast(make_clips()).logits.values()).backward()
    for name, parameter in cast.trained_parameters().items():
        assert parameter.grad is not None, name


@EVERY_VARIATION
@torch.inference_mode()
def test_every_variation_scores_alike_with_attention_shown(config: CastConfig) -> None:
    cast, clips = make_cast(config=config), make_clips()
    plain, shown = cast(clips), cast(clips, attention=True)
    for head in plain.logits:
        torch.testing.assert_close(plain.logits[head], shown.logits[head], rtol=0, atol=1e-5)
    exchange = config.exchange
    crossings = len(config.exchange_blocks) if exchange.kind == "b-cast" else 0
    assert len(shown.s2t) == (crossings if exchange.into_temporal else 0)
    assert len(shown.t2s) == (crossings if exchange.into_spatial else 0)


@EVERY_VARIATION
@torch.inference_mode()
def test_a_model_folder_keeps_every_variation(config: CastConfig, tmp_path: Path) -> None:
    cast, clips = make_cast(config=config), make_clips()
    loaded = load_cast(write_model(tmp_path, cast)).cast
    assert loaded.config == config
    for head, logits in cast(clips).logits.items():
        assert torch.equal(loaded(clips).logits[head], logits)


@pytest.mark.parametrize("kind", ["b-cast", "lateral"])
@pytest.mark.parametrize(
    ("direction", "changed"),
    [("t2s", {"noun"}), ("s2t", {"verb"}), ("both", {"noun", "verb"})],
)
@torch.inference_mode()
def test_a_stream_learns_only_in_its_direction(
    kind: str, direction: str, changed: set[str]
) -> None:
    """Compared with the same network without its exchange."""
    cast, clips = make_cast(config=varied(kind=kind, direction=direction)), make_clips()
    apart = fresh(varied(kind="none"))
    apart.load_state_dict({k: v for k, v in cast.state_dict().items() if "exchange" not in k})
    with_exchange, without = cast(clips).logits, apart(clips).logits
    different = {
        head
        for head in with_exchange
        if not torch.allclose(with_exchange[head], without[head], atol=1e-4)
    }
    assert different == changed


@pytest.mark.parametrize("blocks", [(0,), (1,), (0, 1), None])
def test_the_streams_meet_in_the_blocks_that_are_named(blocks: tuple[int, ...] | None) -> None:
    names = fresh(varied(blocks=blocks)).state_dict()
    found = {int(name.split(".")[1]) for name in names if ".exchange." in name}
    assert found == set((0, 1) if blocks is None else blocks)


def test_without_adapters_there_are_none_in_the_blocks() -> None:
    with_adapters, without = fresh(varied()), fresh(varied(adapters=False))
    names = set(with_adapters.state_dict()) - set(without.state_dict())
    assert {name.split(".")[2] for name in names} == {
        "spatial_adapter",
        "temporal_adapter",
        "spatial_mlp_adapter",
        "temporal_mlp_adapter",
    }
    assert set(without.state_dict()) < set(with_adapters.state_dict())


@pytest.mark.parametrize("kind", ["add", "concat"])
@torch.inference_mode()
def test_late_fusion_needs_no_adapters_of_the_heads(kind: str) -> None:
    cast = Cast(varied(kind=kind), head_configs(ACTIONS)).eval()
    assert not cast.head_adapters
    assert cast(make_clips()).logits["action"].any()


@torch.inference_mode()
def test_an_expert_alone_can_answer_everything() -> None:
    heads = tuple(HeadConfig(head.name, len(head.classes), reads="spatial") for head in HEADS)
    cast = Cast(varied(kind="none"), heads).eval()
    clips = make_clips(1)
    changed = clips.clone()
    changed[:, :, 0] += 1  # a frame that only the temporal expert sees
    for head in heads:
        assert torch.equal(cast(clips).logits[head.name], cast(changed).logits[head.name])


@torch.inference_mode()
def test_a_fresh_head_over_both_streams_says_nothing() -> None:
    cast = Cast(CONFIG, head_configs(ACTIONS)).eval()
    assert not cast(make_clips()).logits["action"].any()


@CONFIGS
@torch.inference_mode()
def test_each_stream_learns_from_the_other(config: CastConfig) -> None:
    """A frame that only the temporal expert sees changes what the spatial stream says."""
    unseen = next(at for at in range(8) if at not in range(8)[config.spatial_frames])
    clips = make_clips(1, config=config)
    changed = clips.clone()
    changed[:, :, unseen] += 1
    nouns = [make_cast(config=config)(x).logits["noun"] for x in (clips, changed)]
    assert not torch.allclose(nouns[0], nouns[1], atol=1e-4)
    nouns = [fresh(config)(x).logits["noun"] for x in (clips, changed)]
    assert torch.equal(nouns[0], nouns[1])


@CONFIGS
@torch.inference_mode()
def test_showing_attention_changes_no_score(config: CastConfig) -> None:
    cast, clips = make_cast(config=config), make_clips(config=config)
    plain, shown = cast(clips), cast(clips, attention=True)
    assert plain.s2t == plain.t2s == ()
    for head in plain.logits:
        torch.testing.assert_close(plain.logits[head], shown.logits[head], rtol=0, atol=1e-6)


def test_fused_and_plain_attention_agree() -> None:
    query, key, value = torch.randn(3, 2, 4, 300, 8)
    fused, nothing = attend(query, key, value)
    plain, weights = attend(query, key, value, weights=True)
    assert nothing is None
    assert weights is not None
    torch.testing.assert_close(fused, plain, rtol=0, atol=1e-6)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 300))


def test_the_work_of_a_view_is_counted_whole() -> None:
    assert round(flop_of_a_view() / 1e9) == 781  # the specification's figure


def test_a_large_batch_goes_through_attention_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    cast, clips = make_cast(), make_clips(3)
    at_once: list[int] = []
    attention = cast.temporal.blocks[0].attention
    attention.register_forward_pre_hook(lambda _module, inputs: at_once.append(len(inputs[0])))
    with torch.inference_mode():
        whole = cast(clips).logits
        monkeypatch.setattr(layers, "ATTENDED_AT_ONCE", 1)
        parts = cast(clips).logits
    assert at_once == [3, 1, 1, 1]
    for head, logits in whole.items():
        torch.testing.assert_close(parts[head], logits, rtol=0, atol=1e-6)


@CONFIGS
@torch.inference_mode()
def test_attention_is_one_distribution_per_query(config: CastConfig) -> None:
    output = make_cast(config=config)(make_clips(3, config=config), attention=True)
    steps, patches = config.steps, config.patches
    assert [tuple(grid.shape) for grid in output.s2t] == [(3, steps, patches, patches)] * 2
    assert [tuple(grid.shape) for grid in output.t2s] == [(3, patches, steps, steps)] * 2
    for grid in (*output.s2t, *output.t2s):
        assert (grid >= 0).all()
        torch.testing.assert_close(grid.sum(-1), torch.ones(grid.shape[:-1]))


@CONFIGS
@torch.inference_mode()
def test_a_clip_is_scored_alike_in_any_company(config: CastConfig) -> None:
    cast, clips = make_cast(config=config), make_clips(4, config=config)
    together = cast(clips).logits
    for at in range(4):
        alone = cast(clips[at : at + 1]).logits
        for head, scores in together.items():
            torch.testing.assert_close(alone[head][0], scores[at], rtol=1e-5, atol=1e-5)


def test_everything_but_the_experts_is_trained(cast: Cast) -> None:
    experts = {f"spatial.{name}" for name, _ in cast.spatial.named_parameters()}
    experts |= {f"temporal.{name}" for name, _ in cast.temporal.named_parameters()}
    every = dict(cast.named_parameters())
    assert set(cast.trained_parameters()) == set(every) - experts
    assert {name for name in every if is_expert_parameter(name)} == experts

    cast.freeze_experts()
    assert {name for name, p in every.items() if not p.requires_grad} == experts


def test_gradients_reach_everything_that_is_trained(cast: Cast) -> None:
    cast.freeze_experts()
    sum(logits.square().sum() for logits in cast(make_clips()).logits.values()).backward()
    for name, parameter in cast.named_parameters():
        assert (parameter.grad is not None) == (name in cast.trained_parameters()), name


def test_heads_of_actions_bring_adapters_of_their_own() -> None:
    names = set(make_cast(ACTIONS).state_dict()) - set(make_cast(HEADS).state_dict())
    assert {name.split(".")[0] for name in names} == {"head_adapters", "heads"}


def test_branches_are_dropped_for_whole_samples_while_training() -> None:
    torch.manual_seed(0)
    drop = DropPath(0.5)
    branch = torch.ones(200, 3, 2)
    assert torch.equal(drop.eval()(branch), branch)
    kept = drop.train()(branch).flatten(1)
    assert (kept == kept[:, :1]).all()
    assert set(kept[:, 0].tolist()) == {0.0, 2.0}
    assert 60 < kept[:, 0].count_nonzero() < 140


def test_later_layers_drop_more() -> None:
    cast = Cast(CONFIG, head_configs(HEADS), drop_path=0.4)
    assert [layer.drop_path.rate for layer in cast.layers] == pytest.approx([0.0, 0.4])


def test_fixed_positions() -> None:
    table = sinusoid_table(5, 6)
    assert table.dtype == torch.float32
    angle = 3 / 10000 ** (2 / 6)
    expected = torch.tensor([angle, angle], dtype=torch.float64)
    torch.testing.assert_close(
        table[3, 2:4].double(),
        torch.stack([expected[0].sin(), expected[1].cos()]),
        atol=1e-7,
        rtol=0,
    )
    assert torch.equal(table[0], torch.tensor([0.0, 1.0] * 3))
