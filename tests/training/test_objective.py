from __future__ import annotations

import numpy as np
import pytest
import torch

from training.objective import Memory, cross_entropy, forgetting, remember

# Of three samples and four classes, of which the first two are known.
LOGITS = np.array([[3, 1, 9, 0], [3, 1, 0, 0], [1, 3, 0, 0]], np.float32)


def memory(*targets: int, known: tuple[int, ...] = (0, 1)) -> Memory:
    return remember({"verb": LOGITS}, {"verb": np.array(targets)}, {"verb": known})


def test_what_was_right_or_not_labelled_is_held_on_to() -> None:
    found = memory(0, 1, -1)
    assert found.held["verb"].tolist() == [True, False, True]
    assert found.worth == 1 / 2


def test_a_new_class_is_no_known_one_that_was_wrong() -> None:
    found = memory(2, 0, 1)
    assert found.held["verb"].tolist() == [False, True, True]
    assert found.worth == 1.0


def test_nothing_is_held_on_to_where_nothing_was_known() -> None:
    found = memory(0, 1, -1, known=())
    assert not found.held
    assert found.worth == 0.0
    assert forgetting({"verb": torch.zeros(1, 4)}, found, [2]).item() == 0.0


def test_without_labels_nothing_was_right() -> None:
    assert memory(-1, -1, -1).worth == 0.0


def test_who_says_the_same_has_forgotten_nothing() -> None:
    same = {"verb": torch.from_numpy(LOGITS)}
    assert forgetting(same, memory(-1, -1, -1), [0, 1, 2]).item() == pytest.approx(0.0, abs=1e-6)


def test_only_the_known_classes_are_compared() -> None:
    moved = torch.from_numpy(LOGITS.copy())
    moved[:, 2:] += 5.0
    found = forgetting({"verb": moved}, memory(-1, -1, -1), [0, 1, 2])
    assert found.item() == pytest.approx(0.0, abs=1e-6)


def test_forgetting_is_the_divergence_per_clip_of_what_is_held() -> None:
    now = torch.zeros(2, 4)
    found = forgetting({"verb": now}, memory(1, 0, -1), [2, 0])
    # The second clip was wrong before. Of the first it was said: 1 and 3.
    then = torch.tensor([1.0, 3.0]).softmax(-1)
    assert found.item() == pytest.approx(float((then * (then * 2).log()).sum()) / 2)


def test_a_head_without_labels_has_no_part_in_the_loss() -> None:
    logits = {"verb": torch.randn(3, 4), "noun": torch.randn(3, 2, requires_grad=True)}
    verbs = torch.tensor([0, -1, 2])
    alone = cross_entropy({"verb": logits["verb"]}, {"verb": verbs}, smoothing=0.1)
    both = cross_entropy(logits, {"verb": verbs, "noun": torch.full((3,), -1)}, smoothing=0.1)
    assert both.item() == alone.item()
    labelled = cross_entropy(
        {"verb": logits["verb"][[0, 2]]}, {"verb": verbs[[0, 2]]}, smoothing=0.1
    )
    assert both.item() == pytest.approx(labelled.item())
