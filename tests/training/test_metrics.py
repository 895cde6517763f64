from __future__ import annotations

import numpy as np
import pytest

from training.metrics import UNLABELLED, accuracies, head_metrics

SCORES = np.array(
    [
        # seven classes; the best is 0, 1, 2, 3, 6
        [9, 8, 7, 6, 5, 4, 3],
        [8, 9, 7, 6, 5, 4, 3],
        [7, 8, 9, 6, 5, 4, 3],
        [6, 8, 7, 9, 5, 4, 3],
        [3, 8, 7, 6, 5, 4, 9],
    ],
    np.float32,
)


def test_top1_top5_and_confusion() -> None:
    found = head_metrics(SCORES, np.array([0, 4, 6, 5, 6]))
    # Right: first and last. The second's right class is its fifth, the others' are seventh and sixth.
    assert found.top1 == pytest.approx(2 / 5)
    assert found.top5 == pytest.approx(3 / 5)
    expected = np.zeros((7, 7), int)
    expected[0, 0] = expected[4, 1] = expected[6, 2] = expected[5, 3] = expected[6, 6] = 1
    np.testing.assert_array_equal(found.confusion, expected)


def test_recall_is_by_class_and_unknown_without_clips() -> None:
    recall = head_metrics(SCORES, np.array([0, 0, 6, 5, 6])).recall()
    np.testing.assert_array_equal(recall, [0.5, np.nan, np.nan, np.nan, np.nan, 0.0, 0.5])


def test_clips_without_a_label_do_not_count() -> None:
    found = head_metrics(SCORES, np.array([0, UNLABELLED, UNLABELLED, 2, UNLABELLED]))
    assert found.top1 == pytest.approx(1 / 2)
    assert found.confusion.sum() == 2


def test_no_labelled_clips_have_no_accuracy() -> None:
    found = head_metrics(SCORES, np.full(5, UNLABELLED))
    assert np.isnan(found.top1)
    assert np.isnan(found.top5)
    assert not found.confusion.any()


def test_of_equal_scores_the_first_class_is_the_answer() -> None:
    found = head_metrics(np.ones((2, 3), np.float32), np.array([0, 1]))
    assert found.top1 == pytest.approx(1 / 2)


def test_few_classes_are_all_among_the_best_five() -> None:
    scores = np.array([[0.1, 0.9], [0.2, 0.8]], np.float32)
    found = head_metrics(scores, np.array([0, 1]))
    assert (found.top1, found.top5) == (0.5, 1.0)


def test_an_action_is_right_if_every_head_is() -> None:
    verbs = np.eye(3, dtype=np.float32)[[0, 1, 2, 0]]
    nouns = np.eye(2, dtype=np.float32)[[0, 1, 0, 1]]
    found = accuracies(
        {"verb": verbs, "noun": nouns},
        {"verb": np.array([0, 1, 0, 0]), "noun": np.array([0, 0, 0, 1])},
    )
    assert found == {"verb": 3 / 4, "noun": 3 / 4, "action": 2 / 4}


def test_only_completely_labelled_clips_are_actions() -> None:
    verbs = np.eye(3, dtype=np.float32)[[0, 1, 2]]
    nouns = np.eye(2, dtype=np.float32)[[0, 1, 0]]
    found = accuracies(
        {"verb": verbs, "noun": nouns},
        {"verb": np.array([0, UNLABELLED, 2]), "noun": np.array([1, 1, 0])},
    )
    assert found == {"verb": 1.0, "noun": 2 / 3, "action": 1 / 2}


def test_heads_without_labels_are_left_out() -> None:
    scores = np.eye(2, dtype=np.float32)
    found = accuracies(
        {"verb": scores, "noun": scores},
        {"verb": np.array([0, 1]), "noun": np.array([UNLABELLED, UNLABELLED])},
    )
    assert found == {"verb": 1.0}
