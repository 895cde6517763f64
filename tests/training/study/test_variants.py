from __future__ import annotations

import pytest
import torch

from tests.model.examples import make_clips
from tests.training.study.examples import CLASSES, CONFIG, make_small
from training.study.clips import lower_blocks
from training.study.results import ROWS
from training.study.variants import ALONE, NETWORKS, StudyNetwork, build_network


def build(name: str, *, frozen_blocks: int = 1) -> StudyNetwork:
    return build_network(name, make_small(), CLASSES, frozen_blocks=frozen_blocks, seed=3)


def test_every_row_of_the_table_is_answered_by_one_network() -> None:
    answered = [row for name in NETWORKS for row in build(name).answers]
    assert sorted(answered) == sorted(ROWS)


@pytest.mark.parametrize("name", NETWORKS)
def test_what_comes_out_of_the_lower_blocks_is_what_the_whole_network_sees(name: str) -> None:
    """New adapters and exchanges change nothing, so only the heads must be made equal."""
    whole, upper = build(name, frozen_blocks=0).cast.eval(), build(name).cast.eval()
    upper.heads.load_state_dict(whole.heads.state_dict())
    clips = make_clips(config=CONFIG)
    with torch.inference_mode():
        there = whole.forward_tokens(*lower_blocks(make_small(), clips, 0)).logits
        here = upper.forward_tokens(*lower_blocks(make_small(), clips, 1)).logits
    assert len(upper.layers) == CONFIG.depth - 1
    for head, expected in there.items():
        torch.testing.assert_close(here[head], expected)


@pytest.mark.parametrize("stream", ["spatial", "temporal"])
def test_experts_alone_learn_nothing_from_each_other(stream: str) -> None:
    network = build(ALONE)
    logits = network.cast(make_clips(config=CONFIG)).logits
    sum(logits[head].sum() for head in network.answers[stream].values()).backward()
    reached = {name for name, p in network.cast.trained_parameters().items() if p.grad is not None}
    assert reached
    assert all(stream in name for name in reached)


def test_parts_without_a_common_gradient_share_out_all_that_is_trained() -> None:
    for name in NETWORKS:
        network = build(name)
        parts = network.independent_parts()
        assert len(parts) == (2 if name == ALONE else 1)
        found = [id(parameter) for part in parts for parameter in part]
        trained = [id(parameter) for parameter in network.cast.trained_parameters().values()]
        assert sorted(found) == sorted(trained)


def test_parameters_are_counted_that_an_answer_depends_on() -> None:
    alone = build(ALONE)
    everything = sum(p.numel() for p in alone.cast.trained_parameters().values())
    assert alone.trained_count("spatial") + alone.trained_count("temporal") == everything
    assert alone.trained_count("ensemble") == everything
    unread = (CONFIG.width + 1) * sum(CLASSES.values())
    assert alone.trained_count("apart") == everything - unread
    cast = build("b-cast")
    assert cast.trained_count("b-cast") == sum(
        parameter.numel() for parameter in cast.cast.trained_parameters().values()
    )
    assert cast.trained_count("b-cast") > build("t2s").trained_count("t2s")
