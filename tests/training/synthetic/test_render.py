from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from training.synthetic.render import Camera, draw_camera, render_frames, target_states
from training.synthetic.scene import Scene, draw_scene
from training.synthetic.vocabulary import NOUNS, VERBS, Noun

TIMES = np.linspace(0, 1, 9)
STILL = Camera(np.zeros((9, 2)), np.ones(9))


def calm(seed: int, **options: object) -> Scene:
    """A scene without sensor noise."""
    scene = draw_scene(np.random.default_rng(seed), **options)  # type: ignore[arg-type]
    return replace(scene, table=replace(scene.table, noise=0.0))


def render(scene: Scene, size: int = 64, *, camera: Camera = STILL) -> NDArray[np.uint8]:
    rng = np.random.default_rng(9)
    return render_frames(scene, TIMES, size=size, camera=camera, rng=rng)


def shaken(scene: Scene) -> Camera:
    table = replace(scene.table, shake=0.02)
    return draw_camera(table, len(TIMES), np.random.default_rng(3))


def target_pixels(scene: Scene, size: int, camera: Camera = STILL) -> NDArray[np.bool_]:
    """Where the thing that moves changes the picture, ``(frames, size, size)``."""
    without = replace(scene, things=scene.things[1:])
    pictures = [render(part, size, camera=camera).astype(int) for part in (scene, without)]
    return np.abs(pictures[0] - pictures[1]).max(-1) > 12


def test_the_same_seed_gives_the_same_pixels() -> None:
    scene = draw_scene(np.random.default_rng(1))
    camera = shaken(scene)
    first, again = (render(scene, camera=camera) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (9, 64, 64, 3)
    assert first.dtype == np.uint8
    assert (render(draw_scene(np.random.default_rng(2))) != first).mean() > 0.5


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("shake", [False, True])
def test_states_say_where_the_pixels_are(verb: str, shake: bool) -> None:
    for seed in range(4):
        scene = calm(seed, verbs=[verb])
        camera = shaken(scene) if shake else STILL
        found = target_pixels(scene, 96, camera)
        states = target_states(scene, TIMES, camera)
        for mask, (x, y, radius, _, alpha) in zip(found, states, strict=True):
            if alpha < 0.3:
                continue
            rows, columns = np.nonzero(mask)
            assert len(rows) > 30
            distance = np.hypot(columns + 0.5 - x * 96, rows + 0.5 - y * 96)
            assert distance.max() < radius * 96 * 1.15 + 2
            assert abs(columns.mean() + 0.5 - x * 96) < 0.35 * radius * 96
            assert abs(rows.mean() + 0.5 - y * 96) < 0.35 * radius * 96


@pytest.mark.parametrize("verb", ["appear", "vanish"])
def test_a_thing_that_is_not_there_leaves_no_pixel(verb: str) -> None:
    scene = calm(3, verbs=[verb])
    found = target_pixels(scene, 64).any((1, 2))
    alpha = target_states(scene, TIMES, STILL)[:, 4]
    assert not found[alpha == 0].any()
    assert found[alpha > 0.3].all()
    assert (alpha == 0).any()
    assert (alpha == 1).any()


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.name)
def test_every_noun_shows(noun: Noun) -> None:
    scene = calm(4, nouns=[noun], distractor_nouns=NOUNS)
    found = target_pixels(scene, 96)
    radius = scene.things[0].states(TIMES)[:, 2] * 96
    share = found.sum((1, 2)) / (np.pi * radius**2)
    assert (share[scene.things[0].states(TIMES)[:, 4] == 1] > 0.15).all()


def test_a_larger_picture_shows_the_same() -> None:
    """Scenes are described in units of the picture's height."""
    differences = []
    for seed in range(6):
        scene = calm(seed)
        camera = shaken(scene)
        small, large = render(scene, 64, camera=camera), render(scene, 128, camera=camera)
        halved = np.stack(
            [cv2.resize(picture, (64, 64), interpolation=cv2.INTER_AREA) for picture in large]
        )
        difference = np.abs(small.astype(int) - halved.astype(int))
        differences.append(float(difference.mean()))
        assert np.percentile(difference, 95) < 30
    other = np.abs(render(calm(0)).astype(int) - render(calm(1)).astype(int)).mean()
    assert max(differences) < 4
    assert other > 5 * max(differences)


def test_the_camera_drifts_no_further_than_the_table_reaches() -> None:
    scene = draw_scene(np.random.default_rng(0))
    camera = draw_camera(replace(scene.table, shake=0.5), 100, np.random.default_rng(0))
    assert np.abs(camera.offsets).max() < 0.06
    assert np.abs(camera.offsets).max() > 0.04
    pictures = render_frames(
        scene,
        np.linspace(0, 1, 100),
        size=64,
        camera=camera,
        rng=np.random.default_rng(0),
    )
    edges = np.concatenate([pictures[:, 0], pictures[:, -1]], 1).max(-1)
    assert (edges > 0).mean() > 0.99  # no black border


def test_light_flickers_as_the_table_says() -> None:
    scene = calm(2)
    bright = Camera(np.zeros((9, 2)), np.linspace(0.8, 1.0, 9))
    means = render(replace(scene, things=()), camera=bright).mean((1, 2, 3))
    np.testing.assert_allclose(means / means[-1], np.linspace(0.8, 1.0, 9), atol=0.03)


def test_noise_changes_every_frame() -> None:
    scene = draw_scene(np.random.default_rng(0))
    noisy = replace(scene, table=replace(scene.table, noise=0.03), things=())
    frames = render(noisy).astype(int)
    spread = (frames[1] - frames[0]).std()
    assert 0.02 * 255 < spread < 0.06 * 255
