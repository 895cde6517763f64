"""Actions as pairs of a verb and a noun."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cast_studio.core.actions import (
    ActionAccuracy,
    ActionScore,
    action_accuracy,
    action_scores,
    top_actions,
)


def probabilities(*values: float) -> NDArray[np.float32]:
    return np.array(values, np.float32) / np.float32(sum(values))


positive_rows = st.lists(st.integers(1, 9), min_size=1, max_size=9).map(
    lambda values: probabilities(*values)
)


def test_an_action_scores_the_product_of_its_parts() -> None:
    verb = np.array([[0.75, 0.25], [0.5, 0.5]], np.float32)
    noun = np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]], np.float32)

    assert action_scores(verb, noun).tolist() == [
        [[0.375, 0.375, 0.0], [0.125, 0.125, 0.0]],
        [[0.5, 0.0, 0.0], [0.5, 0.0, 0.0]],
    ]


def test_the_likeliest_actions_mix_the_best_verbs_and_nouns() -> None:
    verb, noun = probabilities(0.25, 0.625, 0.125), probabilities(0.75, 0.25)

    assert top_actions(verb, noun, 3) == (
        ActionScore(1, 0, 0.46875),
        ActionScore(0, 0, 0.1875),
        ActionScore(1, 1, 0.15625),
    )


@given(positive_rows, positive_rows, st.integers(-1, 100))
def test_top_actions_are_the_best_of_all_pairs(
    verb: NDArray[np.float32], noun: NDArray[np.float32], k: int
) -> None:
    pairs = [
        ActionScore(v, n, float(verb[v]) * float(noun[n]))
        for v in range(len(verb))
        for n in range(len(noun))
    ]
    expected = sorted(pairs, key=lambda pair: -pair.score)[: max(k, 0)]

    assert list(top_actions(verb, noun, k)) == expected
    if k > 0:
        assert (expected[0].verb, expected[0].noun) == (int(verb.argmax()), int(noun.argmax()))


def test_both_in_the_top_five_is_easier_than_the_action_in_the_top_five() -> None:
    verb = np.tile(probabilities(90, 5, 4, 3, 2, 1), (4, 1))
    noun = np.tile(probabilities(90, 5, 4, 3, 2, 1), (4, 1))
    # The likeliest; one of the five likeliest; each part in its top five but the pair far down; neither.
    right_verb, right_noun = np.array([0, 1, 4, 5]), np.array([0, 0, 4, 0])

    found = action_accuracy(verb, noun, right_verb, right_noun)

    assert found == ActionAccuracy(top1=0.25, joint_top5=0.5, both_top5=0.75)


def test_an_action_is_right_only_if_both_parts_are() -> None:
    verb, noun = np.tile(probabilities(3, 1), (3, 1)), np.tile(probabilities(1, 3), (3, 1))

    assert action_accuracy(verb, noun, np.array([0, 0, 1]), np.array([1, 0, 1])).top1 == 1 / 3


def test_without_clips_nothing_is_known() -> None:
    none = np.zeros((0, 4), np.float32)
    labels = np.zeros(0, np.int64)

    found = action_accuracy(none, none, labels, labels)

    assert all(map(math.isnan, (found.top1, found.joint_top5, found.both_top5)))


def test_scores_of_other_clips_are_refused() -> None:
    with pytest.raises(ValueError, match="same clips"):
        action_accuracy(
            np.zeros((2, 4), np.float32),
            np.zeros((2, 4), np.float32),
            np.zeros(2, np.int64),
            np.zeros(3, np.int64),
        )
