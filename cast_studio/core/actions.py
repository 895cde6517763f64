"""Actions: pairs of a verb and a noun, scored as p(verb) · p(noun)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ActionScore:
    """How likely an action is.

    Attributes:
        verb: Position in the verb head.
        noun: Position in the noun head.
        score: p(verb) · p(noun).
    """

    verb: int
    noun: int
    score: float


def action_scores(verb: NDArray[np.float32], noun: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return p(verb) · p(noun) for every pair.

    Args:
        verb: Probabilities, shape (..., verbs).
        noun: Probabilities, shape (..., nouns).

    Returns:
        Shape (..., verbs, nouns); sums to 1 where both heads do.
    """
    pairs = verb.astype(np.float64)[..., :, np.newaxis] * noun[..., np.newaxis, :]
    return np.asarray(pairs, np.float64)


def top_actions(
    verb: NDArray[np.float32], noun: NDArray[np.float32], k: int
) -> tuple[ActionScore, ...]:
    """Return the ``k`` likeliest actions, the best first.

    The first is (likeliest verb, likeliest noun): the product is largest where both factors are. Equal
    scores above 0 keep the order of the verbs, then of the nouns. Fewer pairs give all.

    Args:
        verb: Probabilities, shape (verbs,).
        noun: Probabilities, shape (nouns,).
        k: How many.
    """
    # Only the k likeliest of either head can be part of them, which keeps this small for long lists.
    verbs, nouns = (np.sort(np.argsort(-row, kind="stable")[: max(k, 0)]) for row in (verb, noun))
    pairs = action_scores(verb[verbs], noun[nouns])
    order = np.argsort(-pairs, axis=None, kind="stable")[: max(k, 0)]
    return tuple(
        ActionScore(int(verbs[row]), int(nouns[column]), float(pairs[row, column]))
        for row, column in zip(*np.unravel_index(order, pairs.shape), strict=True)
    )


@dataclass(frozen=True, slots=True)
class ActionAccuracy:
    """How often the right action was found, as shares in [0, 1]; NaN without clips.

    Attributes:
        top1: The likeliest action is the right one: the likeliest verb and the likeliest noun are.
        joint_top5: The right action is among the five likeliest actions.
        both_top5: The right verb is among the five likeliest verbs and the right noun among the five
            likeliest nouns. The published code calls this top-5 action accuracy; 25 actions pass it,
            so it is never below :attr:`joint_top5`.
    """

    top1: float
    joint_top5: float
    both_top5: float


def action_accuracy(
    verb: NDArray[np.float32],
    noun: NDArray[np.float32],
    right_verb: NDArray[np.int64],
    right_noun: NDArray[np.int64],
) -> ActionAccuracy:
    """Compare scores with the right actions.

    Args:
        verb: Probabilities, shape (clips, verbs).
        noun: Probabilities, shape (clips, nouns).
        right_verb: Positions in the verb head, shape (clips,).
        right_noun: Positions in the noun head, shape (clips,).

    Raises:
        ValueError: The numbers of clips differ.
    """
    if not len(verb) == len(noun) == len(right_verb) == len(right_noun):
        raise ValueError("scores and right actions must be of the same clips")
    if len(verb) == 0:
        return ActionAccuracy(float("nan"), float("nan"), float("nan"))
    joint = [
        (int(v), int(n)) in [(found.verb, found.noun) for found in top_actions(verbs, nouns, 5)]
        for verbs, nouns, v, n in zip(verb, noun, right_verb, right_noun, strict=True)
    ]
    firsts = _in_top(verb, right_verb, 1) & _in_top(noun, right_noun, 1)
    both = _in_top(verb, right_verb, 5) & _in_top(noun, right_noun, 5)
    return ActionAccuracy(float(firsts.mean()), float(np.mean(joint)), float(both.mean()))


def _in_top(scores: NDArray[np.float32], right: NDArray[np.int64], k: int) -> NDArray[np.bool_]:
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.asarray((order == right[:, np.newaxis]).any(1))
