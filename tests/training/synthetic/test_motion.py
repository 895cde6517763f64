from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from training.synthetic.motion import RADII, REACH, STATE_FIELDS, Motion, draw_motion
from training.synthetic.vocabulary import VERBS

TIMES = np.linspace(0, 1, 61)
X, Y, RADIUS, ANGLE, ALPHA = range(5)


def rises(values: NDArray[np.float64]) -> bool:
    return bool((np.diff(values) >= 0).all() and values[-1] > values[0])


def falls(values: NDArray[np.float64]) -> bool:
    return rises(-values)


def turns_back(values: NDArray[np.float64]) -> bool:
    """Goes out and comes back to where it was."""
    return bool(np.ptp(values) > 0.05 and abs(values[-1] - values[0]) < 0.35 * np.ptp(values))


WHAT_HAPPENS: dict[str, dict[int, Callable[[NDArray[np.float64]], bool]]] = {
    "move-left": {X: falls},
    "move-right": {X: rises},
    "rise": {Y: falls},  # the picture's y points down
    "fall": {Y: rises},
    "rotate-left": {ANGLE: falls},
    "rotate-right": {ANGLE: rises},
    "grow": {RADIUS: rises},
    "shrink": {RADIUS: falls},
    "appear": {ALPHA: rises},
    "vanish": {ALPHA: falls},
    "shake": {X: lambda x: np.ptp(x) > 0.08},
    "hop": {Y: turns_back},
    "circle": {X: lambda x: np.ptp(x) > 0.2, Y: lambda y: np.ptp(y) > 0.2},
}


def motions(verb: str, count: int = 40) -> list[Motion]:
    rng = np.random.default_rng(11)
    return [draw_motion(verb, rng) for _ in range(count)]


def test_every_verb_is_described_here() -> None:
    assert set(WHAT_HAPPENS) == set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_changes_what_it_names_and_nothing_else(verb: str) -> None:
    for motion in motions(verb):
        states = motion.states(TIMES)
        assert states.shape == (len(TIMES), len(STATE_FIELDS))
        for column in range(5):
            expected = WHAT_HAPPENS[verb].get(column)
            if expected is None:
                assert np.ptp(states[:, column]) == 0
            else:
                assert expected(states[:, column])


@pytest.mark.parametrize("verb", VERBS)
def test_things_rest_before_and_after(verb: str) -> None:
    for motion in motions(verb, 5):
        before, after = motion.states(np.array([-0.5, 0.0])), motion.states(np.array([1.0, 1.5]))
        np.testing.assert_array_equal(before[0], before[1])
        np.testing.assert_array_equal(after[0], after[1])
        assert 0 < motion.onset < motion.offset < 1


@pytest.mark.parametrize("verb", VERBS)
def test_things_stay_on_the_table_and_their_size(verb: str) -> None:
    for motion in motions(verb):
        states = motion.states(TIMES)
        assert (states[:, :2] > REACH[0] - 0.15).all()
        assert (states[:, :2] < REACH[1] + 0.15).all()
        assert (states[:, RADIUS] > 0.7 * RADII[0]).all()
        assert (states[:, RADIUS] < 1.35 * RADII[1]).all()
        assert (states[:, ALPHA] >= 0).all()
        assert (states[:, ALPHA] <= 1).all()


def test_a_shake_turns_round_more_than_once() -> None:
    for motion in motions("shake"):
        x = motion.states(TIMES)[:, X]
        directions = np.sign(np.diff(x))
        directions = directions[directions != 0]
        assert (np.diff(directions) != 0).sum() >= 3


def test_a_circle_is_run_through_both_ways_and_comes_round() -> None:
    senses = set()
    for motion in motions("circle"):
        states = motion.states(TIMES)
        offsets = states[:, :2] - np.array(motion.state[:2])
        np.testing.assert_allclose(np.hypot(*offsets.T), motion.amount)
        turned = np.unwrap(np.arctan2(offsets[:, 1], offsets[:, 0]))
        assert abs(turned[-1] - turned[0]) >= 2 * np.pi - 1e-6
        senses.add(np.sign(turned[-1] - turned[0]))
    assert senses == {-1.0, 1.0}


def test_an_unknown_verb_is_refused() -> None:
    motion = Motion("dance", (0.5, 0.5, 0.2, 0.0, 1.0), 0.1, 0.1, 0.9, 1.0, 0.0, 1.0)
    with pytest.raises(ValueError, match="dance"):
        motion.states(TIMES)
