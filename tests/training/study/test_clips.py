from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from cast_studio.model.preprocessing import to_input
from tests.training.study.examples import CLIPS, CONFIG, make_small
from training.study.clips import (
    StudyClips,
    draw_study_batch,
    draw_study_scene,
    lower_blocks,
    read_part,
    write_part,
)


def part(path: Path, *, seed: int = 1, number: int = 0, clips: int = 5) -> StudyClips:
    write_part(
        path,
        make_small(),
        CLIPS,
        seed=seed,
        part=number,
        clips=clips,
        wrong_nouns=0.6,
        frozen_blocks=1,
    )
    return read_part(path)


@pytest.mark.parametrize("distracted", [True, False])
def test_a_scene_has_a_thing_of_another_noun_exactly_if_it_shall(distracted: bool) -> None:
    rng = np.random.default_rng(0)
    scenes = [draw_study_scene(rng, distracted=distracted) for _ in range(60)]
    others = [any(thing.noun != scene.noun for thing in scene.things) for scene in scenes]
    assert others == [distracted] * 60
    assert max(len(scene.things) for scene in scenes) > 1  # one more of the same is allowed
    assert len({scene.noun for scene in scenes}) > 8
    assert len({scene.verb for scene in scenes}) > 8


def test_a_part_has_the_share_of_distracted_clips_and_the_right_answers(tmp_path: Path) -> None:
    clips = part(tmp_path / "part")
    assert len(clips) == 5
    assert int(clips.distracted.sum()) == 3
    assert clips.spatial.shape == (5, CONFIG.steps, 1 + CONFIG.patches, CONFIG.width)
    assert clips.temporal.shape == (5, CONFIG.steps, CONFIG.patches, CONFIG.width)


def test_tokens_are_those_of_the_rendered_clips(tmp_path: Path) -> None:
    found = part(tmp_path / "part")
    rng = np.random.default_rng([20231112, 1, 0])
    flags = rng.permutation(np.arange(5) < 3)
    batch, _ = draw_study_batch(rng, flags)
    with torch.inference_mode():
        spatial, temporal = lower_blocks(make_small(), to_input(batch.frames, CLIPS), 1)
    torch.testing.assert_close(found.spatial, spatial)
    torch.testing.assert_close(found.temporal, temporal)
    assert found.verbs.tolist() == batch.verbs.tolist()
    assert found.nouns.tolist() == batch.nouns.tolist()
    assert found.distracted.tolist() == flags.tolist()


def test_parts_and_seeds_have_clips_of_their_own(tmp_path: Path) -> None:
    first = part(tmp_path / "a", clips=2)
    for other in (
        part(tmp_path / "b", number=1, clips=2),
        part(tmp_path / "c", seed=2, clips=2),
    ):
        assert not torch.allclose(first.spatial, other.spatial)


def test_clips_split_into_pieces_without_losing_any(tmp_path: Path) -> None:
    clips = part(tmp_path / "part")
    pieces = list(clips.split(2))
    assert [len(piece) for piece in pieces] == [2, 2, 1]
    for name in ("spatial", "temporal", "verbs", "nouns", "distracted"):
        joined = torch.cat([getattr(piece, name) for piece in pieces])
        assert torch.equal(joined, getattr(clips, name))
