from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import nn

from training.schedule import adamw, cosine_rate, set_rate


def test_the_rate_rises_then_falls_as_a_cosine() -> None:
    rates = [cosine_rate(2.0, step, 110, warmup=10) for step in range(111)]
    assert rates[:10] == pytest.approx([0.2 * (step + 1) for step in range(10)])
    assert max(rates) == rates[9] == rates[10] == 2.0
    assert rates[60] == pytest.approx(2.0 * (0.01 + 0.99 / 2))
    assert rates[110] == pytest.approx(0.02)
    assert all(before > after for before, after in pairwise(rates[10:]))


def test_the_rate_stays_low_after_the_end() -> None:
    assert cosine_rate(1.0, 500, 100, warmup=10) == pytest.approx(0.01)


@pytest.mark.parametrize("total", [1, 5])
def test_a_run_shorter_than_the_warmup_has_a_rate(total: int) -> None:
    assert all(0 < cosine_rate(1.0, step, total, warmup=5) <= 1 for step in range(total + 1))


def test_only_matrices_decay_and_only_what_is_trained_is_kept() -> None:
    layer, frozen = nn.Linear(3, 2), nn.Linear(3, 2).requires_grad_(False)
    optimizer = adamw([*layer.parameters(), *frozen.parameters()], weight_decay=0.1)
    decay = {
        id(p): group["weight_decay"] for group in optimizer.param_groups for p in group["params"]
    }
    assert decay == {id(layer.weight): 0.1, id(layer.bias): 0.0}


def test_the_rate_is_that_of_every_group() -> None:
    layer = nn.Linear(3, 2)
    optimizer = adamw(layer.parameters(), weight_decay=0.1)
    before = {name: value.clone() for name, value in layer.state_dict().items()}
    layer(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    assert all(torch.equal(layer.state_dict()[name], value) for name, value in before.items())
    set_rate(optimizer, 0.5)
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.5]
