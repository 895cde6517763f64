from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from cast_studio.model.config import CastConfig, ExchangeConfig, HeadConfig
from cast_studio.model.expert_config import ExpertConfig
from tests.model.examples import CONFIG, CONV_CONFIG


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"size": 100}, "the picture into patches"),
        ({"frames": 7}, "the clip into tubelets"),
        ({"width": 100}, "the width into heads"),
        ({"width": 24, "bottleneck_ratio": 0.25}, "the bottleneck into heads"),
        ({"patch": 0}, "the picture into patches"),
        ({"tubelet": -2}, "the clip into tubelets"),
        ({"bottleneck_ratio": 0.0}, "the bottleneck into heads"),
    ],
)
def test_sizes_that_do_not_divide_are_refused(change: dict[str, float], part: str) -> None:
    with pytest.raises(ValueError, match=part):
        CastConfig(**change)  # type: ignore[arg-type]


def test_the_published_network() -> None:
    config = CastConfig()
    assert (config.steps, config.grid, config.patches) == (8, 14, 196)
    assert (config.adapter_width, config.bottleneck) == (192, 384)
    assert list(range(16))[config.spatial_frames] == [1, 3, 5, 7, 9, 11, 13, 15]
    assert (config.spatial.activation, config.spatial.norm_eps) == ("quick_gelu", 1e-5)
    assert (config.temporal.activation, config.temporal.norm_eps) == ("gelu", 1e-6)
    assert not config.temporal.key_bias


@pytest.mark.parametrize("tubelet", [1, 2, 4, 8])
def test_the_spatial_expert_sees_one_frame_of_every_tubelet(tubelet: int) -> None:
    config = CastConfig(tubelet=tubelet)
    seen = list(range(16))[config.spatial_frames]
    assert [frame // tubelet for frame in seen] == list(range(config.steps))


APART = ExchangeConfig(kind="none")
LATERAL = ExchangeConfig(kind="lateral", direction="s2t", blocks=(9, 10, 11), positions=False)
WIDE = ExchangeConfig(t2s_window="space-time", s2t_window="time")


@pytest.mark.parametrize(
    "config",
    [
        CastConfig(),
        CONFIG,
        CONV_CONFIG,
        CastConfig(exchange=APART, adapters=False),
        CastConfig(exchange=LATERAL),
        CastConfig(exchange=WIDE),
    ],
)
def test_json_gives_the_same_configuration_back(config: CastConfig) -> None:
    assert CastConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


@pytest.mark.parametrize(
    "change",
    [
        {"spatial": None},
        {"temporal": {"stem": "patch", "colour": 1}},
        {"width": "wide"},
        {"width": 100},
        {"rooms": 3},
        {"adapters": None},
        {"exchange": None},
        {"exchange": {"kind": "b-cast"}},
    ],
)
def test_json_that_makes_no_sense_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the texts are of different makers
        CastConfig.from_json(CastConfig().to_json() | change)


@pytest.mark.parametrize("field", ["spatial", "temporal"])
def test_json_without_an_expert_is_refused(field: str) -> None:
    values = CastConfig().to_json()
    del values[field]
    with pytest.raises(ValueError, match=field):
        CastConfig.from_json(values)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"activation": "relu"}, "no activation “relu”"),
        ({"stem": "fractal"}, "no stem “fractal”"),
        ({"norm_eps": "small"}, "must be a finite number"),
        ({"key_bias": 1}, "must be true or false"),
        ({"rotary": True}, "unknown field “rotary”"),
    ],
)
def test_an_expert_of_an_unknown_kind_is_refused(change: dict[str, object], sentence: str) -> None:
    values = CastConfig().to_json()
    expert = asdict(ExpertConfig()) | change
    with pytest.raises(ValueError, match=sentence):
        CastConfig.from_json(values | {"spatial": expert})


def test_a_network_from_before_exchanges_differed_is_the_published_one() -> None:
    values = CastConfig().to_json()
    del values["exchange"], values["adapters"]
    assert CastConfig.from_json(values) == CastConfig()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kind": "telepathy"}, "knows no kind “telepathy”"),
        ({"direction": "up"}, "knows no direction “up”; it may be both, t2s, s2t"),
        ({"t2s_window": "spacetime"}, "knows no t2s_window “spacetime”"),
        ({"positions": 1}, "must be true or false"),
        ({"blocks": "all"}, "must be a list"),
        ({"blocks": [0, "1"]}, "must be whole numbers"),
        ({"blocks": [0, True]}, "must be whole numbers"),
        ({"blocks": []}, "must be ascending"),
        ({"blocks": [1, 1]}, "must be ascending"),
        ({"blocks": [2, 1]}, "must be ascending"),
        ({"blocks": [-1, 1]}, "must be ascending"),
        ({"blocks": [11, 12]}, "no block 12"),
        ({"gate": True}, "unknown field “gate”"),
    ],
)
def test_an_exchange_that_makes_no_sense_is_refused(
    change: dict[str, object], sentence: str
) -> None:
    exchange = asdict(ExchangeConfig()) | change
    with pytest.raises(ValueError, match=sentence):
        CastConfig.from_json(CastConfig().to_json() | {"exchange": exchange})


@pytest.mark.parametrize(
    ("exchange", "blocks"),
    [
        (ExchangeConfig(), tuple(range(12))),
        (ExchangeConfig(blocks=(3, 7)), (3, 7)),
        (ExchangeConfig(kind="lateral", blocks=(3, 7)), (3, 7)),
        (ExchangeConfig(kind="none", blocks=(3, 7)), ()),
        (ExchangeConfig(kind="add"), ()),
        (ExchangeConfig(kind="concat"), ()),
    ],
)
def test_where_the_streams_meet(exchange: ExchangeConfig, blocks: tuple[int, ...]) -> None:
    assert CastConfig(exchange=exchange).exchange_blocks == blocks


def test_a_convolutional_stem_makes_patches_of_eight() -> None:
    with pytest.raises(ValueError, match="8 pixels"):
        CastConfig(patch=16, spatial=CONV_CONFIG.spatial)


def test_a_convolutional_stem_normalizes_in_groups() -> None:
    with pytest.raises(ValueError, match="groups"):
        ExpertConfig(stem="conv", stem_width=6)


@pytest.mark.parametrize(
    ("name", "stream"), [("noun", "spatial"), ("verb", "temporal"), ("action", "both")]
)
def test_what_a_head_reads(name: str, stream: str) -> None:
    assert HeadConfig(name, 3).stream == stream


def test_a_head_can_be_told_what_to_read() -> None:
    assert HeadConfig("noun", 3, reads="temporal").stream == "temporal"
