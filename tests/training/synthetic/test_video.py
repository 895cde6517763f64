from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from cast_studio.media.decoder import VideoDecoder
from training.evaluate import draw_actions
from training.synthetic.sample import plan_actions, write_heldout
from training.synthetic.video import RATE, SECONDS, Action, RenderedVideo, write_video
from training.synthetic.vocabulary import KNOWN_NOUNS, KNOWN_VERBS, NEW_NOUNS, NEW_VERBS, NOUNS

ACTIONS = tuple(
    Action(verb, NOUNS[at % len(NOUNS)])
    for at, verb in enumerate((*KNOWN_VERBS[:6], *NEW_VERBS, "vanish"))
)
SIZE = 64


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RenderedVideo]:
    path = tmp_path_factory.mktemp("video") / "scenes.mp4"
    return path, write_video(path, ACTIONS, seed=3, size=SIZE)


@pytest.fixture(scope="module")
def pictures(rendered: tuple[Path, RenderedVideo]) -> np.ndarray:  # type: ignore[type-arg]
    with VideoDecoder(rendered[0]) as video:
        return np.stack([frame.to_rgb() for frame in video.frames_in(video.index.span)])


def test_segments_follow_each_other_as_asked(rendered: tuple[Path, RenderedVideo]) -> None:
    _, video = rendered
    assert [(s.verb, s.noun) for s in video.segments] == [(a.verb, a.noun.name) for a in ACTIONS]
    assert [(scene.verb, scene.noun) for scene in video.scenes] == [
        (action.verb, action.noun) for action in ACTIONS
    ]
    assert video.segments[0].start_frame == 0
    for before, after in pairwise(video.segments):
        assert before.stop_frame == after.start_frame
    for segment in video.segments:
        seconds = (segment.stop_frame - segment.start_frame) / RATE
        assert SECONDS[0] - 1 / RATE <= seconds <= SECONDS[1] + 1 / RATE


def test_the_file_has_exactly_the_frames_of_the_segments(
    rendered: tuple[Path, RenderedVideo],
) -> None:
    path, video = rendered
    with VideoDecoder(path) as decoder:
        assert len(decoder) == video.segments[-1].stop_frame
        assert (decoder.width, decoder.height, decoder.average_rate) == (SIZE, SIZE, RATE)
        assert decoder.warnings == ()


def test_segments_begin_where_the_picture_changes(
    rendered: tuple[Path, RenderedVideo],
    pictures: np.ndarray,  # type: ignore[type-arg]
) -> None:
    """Another thing lies on the table from the very frame that the truth names."""
    changes = np.abs(np.diff(pictures.astype(np.int16), axis=0)).mean((1, 2, 3))
    for segment in rendered[1].segments[1:]:
        around = changes[segment.start_frame - 4 : segment.start_frame + 3]
        assert int(around.argmax()) == 3  # from the last frame before to the first one after


def test_the_same_seed_gives_the_same_video(
    rendered: tuple[Path, RenderedVideo], tmp_path: Path
) -> None:
    path, video = rendered
    again = write_video(tmp_path / "again.mp4", ACTIONS, seed=3, size=SIZE)
    other = write_video(tmp_path / "other.mp4", ACTIONS, seed=4, size=SIZE)
    assert again.segments == video.segments
    assert (tmp_path / "again.mp4").read_bytes() == path.read_bytes()
    assert (tmp_path / "other.mp4").read_bytes() != path.read_bytes()
    assert other.segments != video.segments


def test_tables_change_after_some_actions(rendered: tuple[Path, RenderedVideo]) -> None:
    tables = [id(scene.table) for scene in rendered[1].scenes]
    assert len(set(tables[:6])) == 1
    assert tables[6] == tables[7] != tables[0]


def test_new_nouns_lie_about_only_where_they_are_allowed(
    rendered: tuple[Path, RenderedVideo], tmp_path: Path
) -> None:
    resting = {thing.noun for scene in rendered[1].scenes for thing in scene.things[1:]}
    assert resting <= set(KNOWN_NOUNS)
    actions = [Action("shake", KNOWN_NOUNS[0])] * 10
    allowed = write_video(
        tmp_path / "new.mp4", actions, seed=0, size=32, distractor_nouns=NEW_NOUNS
    )
    resting = {thing.noun for scene in allowed.scenes for thing in scene.things[1:]}
    assert resting & set(NEW_NOUNS)


def test_actions_to_measure_with_are_balanced() -> None:
    rng = np.random.default_rng(0)
    actions = draw_actions(240, rng, verbs=KNOWN_VERBS, nouns=KNOWN_NOUNS)
    for counts, classes in (
        (Counter(action.verb for action in actions), KNOWN_VERBS),
        (Counter(action.noun for action in actions), KNOWN_NOUNS),
    ):
        assert set(counts) == set(classes)
        assert max(counts.values()) - min(counts.values()) <= 1
    assert len({(action.verb, action.noun) for action in actions}) > 80


def is_new(verb: str, noun: str) -> bool:
    return verb in NEW_VERBS or noun in {new.name for new in NEW_NOUNS}


def test_a_sample_has_as_many_new_actions_as_asked_for() -> None:
    actions = plan_actions(30, 24, np.random.default_rng(0))
    new = [action for action in actions if is_new(action.verb, action.noun.name)]
    assert (len(actions), len(new)) == (54, 30)
    by_verb = [action for action in new if action.verb in NEW_VERBS]
    assert len(by_verb) == 10
    assert all(action.noun in KNOWN_NOUNS for action in by_verb)
    for noun in NEW_NOUNS:
        shown = [action for action in new if action.noun == noun]
        assert len(shown) == 10
        assert all(action.verb in KNOWN_VERBS for action in shown)
    assert {is_new(action.verb, action.noun.name) for action in actions[:12]} == {True, False}


def test_held_out_videos_describe_themselves(tmp_path: Path) -> None:
    write_heldout(tmp_path / "sample", new=3, known=3, seed=5)
    description = json.loads((tmp_path / "sample" / "sample.json").read_text())
    assert description["schema"]["verb"][-1:] == list(NEW_VERBS)
    assert description["schema"]["noun"][-2:] == [noun.name for noun in NEW_NOUNS]
    (video,) = description["videos"]
    assert video["role"] == "heldout"
    truth = [is_new(segment["verb"], segment["noun"]) for segment in video["segments"]]
    assert sum(truth) == 3
    assert len(truth) == 6
    with VideoDecoder(tmp_path / "sample" / "videos" / video["file"]) as decoder:
        assert len(decoder) == video["segments"][-1]["stop_frame"]
