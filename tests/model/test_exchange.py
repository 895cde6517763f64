from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from cast_studio.model.config import WINDOWS, CastConfig, ExchangeConfig, Window
from cast_studio.model.exchange import (
    BottleneckCrossAttention,
    Exchange,
    LateralConnection,
    make_exchange,
    pictures_of_keys,
    window_length,
)
from tests.model.examples import CONFIG

STEPS, PATCHES = CONFIG.steps, CONFIG.patches
HERE = (1, 2)
"""The time and place of one token."""

EVERY_WINDOW = pytest.mark.parametrize("window", WINDOWS)


def b_cast(**exchange: object) -> BottleneckCrossAttention:
    torch.manual_seed(0)
    config = replace(CONFIG, exchange=ExchangeConfig(**exchange))  # type: ignore[arg-type]
    module = BottleneckCrossAttention(config)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter += 0.3 * torch.randn_like(parameter)
    return module


def streams(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    spatial = torch.randn(2, STEPS, 1 + PATCHES, CONFIG.width, generator=generator)
    return spatial, torch.randn(2, STEPS, PATCHES, CONFIG.width, generator=generator)


def neighbors(window: Window) -> torch.Tensor:
    """Which tokens ``(T, N)`` share a window with the one :data:`HERE`."""
    shared = torch.zeros(STEPS, PATCHES, dtype=torch.bool)
    time, place = HERE
    if window == "time":
        shared[:, place] = True
    elif window == "space":
        shared[time] = True
    else:
        shared[:] = True
    return shared


def moved(before: torch.Tensor | None, after: torch.Tensor | None) -> torch.Tensor:
    """Which tokens ``(T, N)`` of the first clip differ."""
    assert before is not None
    assert after is not None
    return (before[0] - after[0]).abs().amax(-1) > 1e-6


@EVERY_WINDOW
@torch.inference_mode()
def test_the_spatial_stream_sees_what_shares_its_window(window: Window) -> None:
    module = b_cast(t2s_window=window)
    spatial, temporal = streams()
    changed = temporal.clone()
    changed[0, *HERE] += 1
    before, after = module(spatial, temporal), module(spatial, changed)
    found = moved(before.spatial, after.spatial)
    assert not found[:, 0].any(), "the class token looks at nothing"
    assert torch.equal(found[:, 1:], neighbors(window))


@EVERY_WINDOW
@torch.inference_mode()
def test_the_temporal_stream_sees_what_shares_its_window(window: Window) -> None:
    module = b_cast(s2t_window=window)
    spatial, temporal = streams()
    changed = spatial.clone()
    changed[0, HERE[0], 1 + HERE[1]] += 1
    before, after = module(spatial, temporal), module(changed, temporal)
    assert torch.equal(moved(before.temporal, after.temporal), neighbors(window))


@torch.inference_mode()
def test_nobody_sees_the_class_token() -> None:
    module = b_cast(t2s_window="space-time", s2t_window="space-time")
    spatial, temporal = streams()
    changed = spatial.clone()
    changed[:, :, 0] += 1
    before, after = module(spatial, temporal), module(changed, temporal)
    assert not moved(before.temporal, after.temporal).any()
    found = moved(before.spatial, after.spatial)
    assert found[:, 0].all(), "it changes itself, through the bottleneck"
    assert not found[:, 1:].any()


@pytest.mark.parametrize("positions", [True, False])
@torch.inference_mode()
def test_without_positions_the_order_of_time_means_nothing(positions: bool) -> None:
    module = b_cast(positions=positions)
    spatial, temporal = streams()
    order = torch.tensor([2, 0, 3, 1])
    plain, shuffled = module(spatial, temporal), module(spatial[:, order], temporal[:, order])
    assert torch.allclose(plain.spatial[:, order], shuffled.spatial, atol=1e-5) is not positions


@torch.inference_mode()
def test_without_positions_there_are_no_parameters_for_them() -> None:
    names = {name for name in b_cast().state_dict() if "position" in name}
    assert names == {f"{way}.{of}_position" for way in ("s2t", "t2s") for of in ("query", "key")}
    assert set(b_cast(positions=False).state_dict()) == set(b_cast().state_dict()) - names


@pytest.mark.parametrize(
    ("direction", "absent"), [("t2s", ("s2t.", "temporal_up.")), ("s2t", ("t2s.", "spatial_up."))]
)
@torch.inference_mode()
def test_the_other_direction_needs_no_parameters(direction: str, absent: tuple[str, ...]) -> None:
    module = b_cast(direction=direction)
    both = set(b_cast().state_dict())
    assert set(module.state_dict()) == {name for name in both if not name.startswith(absent)}
    exchange = module(*streams(), weights=True)
    learned = (exchange.spatial is not None, exchange.temporal is not None)
    looked = (exchange.t2s is not None, exchange.s2t is not None)
    assert learned == looked == (direction == "t2s", direction == "s2t")


@EVERY_WINDOW
@torch.inference_mode()
def test_attention_is_one_distribution_per_query_in_every_window(window: Window) -> None:
    exchange = b_cast(t2s_window=window, s2t_window=window)(*streams(), weights=True)
    length = window_length(CONFIG, window)
    for weights in (exchange.s2t, exchange.t2s):
        assert weights.shape == (2, STEPS * PATCHES // length, length, length)
        torch.testing.assert_close(weights.sum(-1), torch.ones(weights.shape[:-1]))


@EVERY_WINDOW
def test_keys_are_laid_out_as_they_lie_in_the_clip(window: Window) -> None:
    """All look at one token: in its window nowhere else, in other windows nowhere at all."""
    time, place = HERE
    at = {"time": (place, time), "space": (time, place), "space-time": (0, time * PATCHES + place)}
    length = window_length(CONFIG, window)
    weights = torch.zeros(2, STEPS * PATCHES // length, length, length)
    in_window, key = at[window]
    weights[:, in_window, :, key] = 1
    expected = torch.zeros(2, STEPS, PATCHES)
    expected[:, time, place] = 1
    assert torch.equal(pictures_of_keys(weights, window, steps=STEPS), expected)


@torch.inference_mode()
def test_a_lateral_connection_maps_each_token_to_its_counterpart() -> None:
    module = LateralConnection(replace(CONFIG, exchange=ExchangeConfig(kind="lateral")))
    spatial, temporal = streams()
    exchange = module(spatial, temporal, weights=True)
    torch.testing.assert_close(exchange.spatial[:, :, 1:], module.t2s(temporal))
    assert not exchange.spatial[:, :, 0].any()
    torch.testing.assert_close(exchange.temporal, module.s2t(spatial[:, :, 1:]))
    assert exchange.s2t is exchange.t2s is None


@pytest.mark.parametrize("direction", ["t2s", "s2t"])
@torch.inference_mode()
def test_a_lateral_connection_goes_one_way_if_it_shall(direction: str) -> None:
    exchange = ExchangeConfig(kind="lateral", direction=direction)  # type: ignore[arg-type]
    found: Exchange = LateralConnection(replace(CONFIG, exchange=exchange))(*streams())
    assert (found.spatial is not None) == (direction == "t2s")
    assert (found.temporal is not None) == (direction == "s2t")


@pytest.mark.parametrize(
    ("exchange", "block", "kind"),
    [
        (ExchangeConfig(), 0, BottleneckCrossAttention),
        (ExchangeConfig(blocks=(1,)), 0, type(None)),
        (ExchangeConfig(blocks=(1,)), 1, BottleneckCrossAttention),
        (ExchangeConfig(kind="lateral"), 1, LateralConnection),
        (ExchangeConfig(kind="none"), 1, type(None)),
        (ExchangeConfig(kind="add"), 1, type(None)),
        (ExchangeConfig(kind="concat"), 1, type(None)),
    ],
)
def test_what_joins_the_streams_in_a_block(
    exchange: ExchangeConfig, block: int, kind: type
) -> None:
    config: CastConfig = replace(CONFIG, exchange=exchange)
    assert type(make_exchange(config, block)) is kind
