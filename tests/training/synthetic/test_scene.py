from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from training.synthetic.scene import Scene, draw_scene
from training.synthetic.sprites import SPRITE_RADIUS, SPRITE_SIZE, draw_sprite
from training.synthetic.vocabulary import (
    KNOWN_NOUNS,
    KNOWN_VERBS,
    NEW_NOUNS,
    NEW_VERBS,
    NOUNS,
    VERBS,
    Noun,
)


def scenes(count: int, *, seed: int = 5) -> list[Scene]:
    rng = np.random.default_rng(seed)
    return [draw_scene(rng) for _ in range(count)]


@pytest.fixture(scope="module")
def drawn() -> list[Scene]:
    """As many as it takes to count."""
    return scenes(1500)


def test_the_vocabulary_is_large_enough() -> None:
    assert len(KNOWN_VERBS) >= 10
    assert len(KNOWN_NOUNS) >= 12
    assert (len(NEW_VERBS), len(NEW_NOUNS)) == (1, 2)
    assert len(set(VERBS)) == len(KNOWN_VERBS) + len(NEW_VERBS)
    assert len({noun.name for noun in NOUNS}) == len(KNOWN_NOUNS) + len(NEW_NOUNS)


def test_new_verbs_and_nouns_are_in_no_scene_unless_asked_for(drawn: list[Scene]) -> None:
    assert {scene.verb for scene in drawn} == set(KNOWN_VERBS)
    assert {thing.noun for scene in drawn for thing in scene.things} == set(KNOWN_NOUNS)


def test_verbs_and_nouns_are_drawn_evenly(drawn: list[Scene]) -> None:
    for counts, classes in (
        (Counter(scene.verb for scene in drawn), KNOWN_VERBS),
        (Counter(scene.noun for scene in drawn), KNOWN_NOUNS),
    ):
        expected = len(drawn) / len(classes)
        assert min(counts.values()) > 0.65 * expected
        assert max(counts.values()) < 1.35 * expected


def test_many_scenes_have_a_thing_of_a_wrong_noun(drawn: list[Scene]) -> None:
    wrong = [any(thing.noun != scene.noun for thing in scene.things) for scene in drawn]
    assert np.mean(wrong) >= 0.4


def test_a_wrong_noun_looks_like_a_target_in_size_and_place(drawn: list[Scene]) -> None:
    """Otherwise it would give the target away."""
    targets = np.array([scene.things[0].place[:3] for scene in drawn])
    others = np.array([t.place[:3] for scene in drawn for t in scene.things[1:]])
    assert np.abs(targets.mean(0) - others.mean(0)).max() < 0.05
    assert others[:, 2].min() > targets[:, 2].min() - 0.02
    assert others[:, 2].max() < targets[:, 2].max() + 0.02


def test_only_the_first_thing_moves() -> None:
    for scene in scenes(50):
        assert scene.things[0].noun == scene.noun
        assert scene.things[0].motion is not None
        for thing in scene.things[1:]:
            states = thing.states(np.linspace(0, 1, 5))
            assert (states == states[0]).all()


def test_easy_scenes_are_plainer() -> None:
    rng = np.random.default_rng(0)
    easy = [draw_scene(rng, difficulty=0.0) for _ in range(100)]
    assert all(len(scene.things) == 1 for scene in easy)
    hard = scenes(100)
    grain = [
        np.mean([s.table.background.std((0, 1)).mean() for s in some]) for some in (easy, hard)
    ]
    assert grain[0] < 0.6 * grain[1]


def test_the_same_seed_draws_the_same_scene() -> None:
    first, second, other = scenes(1)[0], scenes(1)[0], scenes(1, seed=6)[0]
    assert first.verb == second.verb
    assert first.things[0].motion == second.things[0].motion
    np.testing.assert_array_equal(first.things[0].sprite, second.things[0].sprite)
    np.testing.assert_array_equal(first.table.background, second.table.background)
    assert first.things[0].motion != other.things[0].motion


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.name)
def test_every_noun_has_a_look(noun: Noun) -> None:
    sprite = draw_sprite(noun, np.random.default_rng(0))
    assert sprite.shape == (SPRITE_SIZE, SPRITE_SIZE, 4)
    assert sprite.dtype == np.float32
    color, alpha = sprite[..., :3], sprite[..., 3]
    assert (color <= alpha[..., None] + 1e-6).all()  # premultiplied
    assert 0.15 < alpha.mean() < 0.7
    y, x = np.nonzero(alpha > 0.5)
    reach = np.hypot(x - SPRITE_SIZE / 2, y - SPRITE_SIZE / 2).max()
    assert 0.75 * SPRITE_RADIUS < reach < SPRITE_SIZE / 2 * np.sqrt(2)
    inside = color[alpha > 0.99].mean(1)
    assert np.percentile(inside, 90) - np.percentile(inside, 10) > 0.15  # its texture shows


def test_no_two_shapes_are_alike() -> None:
    rng = np.random.default_rng(0)
    shapes = {noun.shape: draw_sprite(noun, rng)[..., 3] for noun in NOUNS}
    names = list(shapes)
    for at, name in enumerate(names):
        for other in names[at + 1 :]:
            overlap = np.minimum(shapes[name], shapes[other]).sum()
            union = np.maximum(shapes[name], shapes[other]).sum()
            assert overlap / union < 0.9, (name, other)


def test_colors_do_not_tell_a_noun() -> None:
    """The mean color of two nouns is drawn from the same colors."""
    rng = np.random.default_rng(2)

    def mean_color(noun: Noun) -> np.ndarray:  # type: ignore[type-arg]
        sprites = [draw_sprite(noun, rng) for _ in range(150)]
        return np.mean([s[s[..., 3] > 0.99][:, :3].mean(0) for s in sprites], 0)

    colors = np.array([mean_color(noun) for noun in (NOUNS[0], NOUNS[1], NOUNS[-1])])
    assert np.ptp(colors, axis=0).max() < 0.09
