"""The whole job without a window: a small sample, a small network, and every file that is left."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from cast_studio.__main__ import main
from cast_studio.app.run_directory import run_directories
from cast_studio.cli import demo
from cast_studio.core.labels import LabelHead
from cast_studio.core.timing import TimeSpan
from cast_studio.media.clip_reader import ClipReader
from cast_studio.model.predictor import CastPredictor
from tests.fakes import make_head
from tests.model.examples import make_cast, write_model
from tests.training.examples import CHANGES, COLORS, FRAMES, every_action, write_actions, write_base
from training.synthetic.sample import write_sample
from training.synthetic.vocabulary import KNOWN_NOUNS, KNOWN_VERBS

pytestmark = pytest.mark.usefixtures("qapp")

PRACTICE = every_action()
UNSEEN = PRACTICE[::-1]
KNOWN = {"still", "brighten", "red", "green"}
"""Names that the small model was made for."""
SCORES = ("new_before", "new_after", "old_before", "old_after")
FOUND = ("found_before", "found_after")


@dataclass(frozen=True)
class Bundled:
    """What takes the place of the bundled files.

    Attributes:
        model: A small model's folder.
        sample: A sample's folder.
    """

    model: Path
    sample: Path


def install(monkeypatch: pytest.MonkeyPatch, bundled: Bundled) -> None:
    """Do as if these files had come with the program, and train no longer than a test may take."""
    monkeypatch.setattr("cast_studio.app.models.resource_path", lambda _name: bundled.model.parent)
    monkeypatch.setattr("cast_studio.app.samples.resource_path", lambda _name: bundled.sample)
    monkeypatch.setattr(demo, "TRAINING_SECONDS", 30.0)


def describe(role: str, file: str, actions: Sequence[tuple[str, str]]) -> dict[str, object]:
    return {
        "file": file,
        "role": role,
        "segments": [
            {
                "start_frame": FRAMES * at,
                "stop_frame": FRAMES * (at + 1),
                "verb": verb,
                "noun": noun,
            }
            for at, (verb, noun) in enumerate(actions)
        ],
    }


@pytest.fixture
def colors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bundled:
    """Colored fields that become brighter or darker; the model knows two of three of each."""
    sample = tmp_path / "bundled" / "samples" / "fields"
    (sample / "videos").mkdir(parents=True)
    write_actions(sample / "videos" / "practice-1.mp4", PRACTICE)
    write_actions(sample / "videos" / "unseen-1.mp4", UNSEEN)
    description = {
        "schema": {"verb": list(CHANGES), "noun": list(COLORS)},
        "videos": [
            describe("train", "practice-1.mp4", PRACTICE),
            describe("heldout", "unseen-1.mp4", UNSEEN),
        ],
    }
    (sample / "sample.json").write_text(json.dumps(description))
    bundled = Bundled(write_base(tmp_path / "bundled" / "models" / "small"), sample)
    install(monkeypatch, bundled)
    return bundled


@pytest.fixture
def scenes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bundled:
    """A few rendered scenes of the kind of the bundled sample."""
    sample = tmp_path / "bundled" / "samples" / "scenes"
    write_sample(sample, train=(3, 3), heldout=(1, 1), seed=5)
    heads = (
        make_head("verb", *KNOWN_VERBS),
        make_head("noun", *(noun.name for noun in KNOWN_NOUNS)),
    )
    model = tmp_path / "bundled" / "models" / "small"
    bundled = Bundled(write_model(model, make_cast(heads), heads), sample)
    install(monkeypatch, bundled)
    return bundled


def is_new(action: tuple[str, str]) -> bool:
    return not set(action) <= KNOWN


def measured(model: Path, adapter: Path | None, video: Path) -> tuple[float, float]:
    """Ask a model about the true segments; return the shares of new and of old ones it gets."""
    predictor = CastPredictor.load(model, adapter_folder=adapter, device="cpu")
    with ClipReader(video, predictor.clip_spec) as reader:
        spans = [
            reader.index.span_of_frames(FRAMES * at, FRAMES * (at + 1)) for at in range(len(UNSEEN))
        ]
        answers = [_answer(predictor, reader, span) for span in spans]
    shares = []
    for wanted in (True, False):
        pairs = zip(UNSEEN, answers, strict=True)
        right = [action == answer for action, answer in pairs if is_new(action) is wanted]
        shares.append(sum(right) / len(right))
    return shares[0], shares[1]


def _answer(predictor: CastPredictor, reader: ClipReader, span: TimeSpan) -> tuple[str, str]:
    scores = predictor.predict(reader.read(span)[np.newaxis]).scores
    verb, noun = (_best_name(head, scores[head.name][0]) for head in predictor.heads)
    return verb, noun


def _best_name(head: LabelHead, row: np.ndarray) -> str:
    return head.classes[int(row.argmax())].name


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def share_found(sample: Path, rows: list[dict[str, str]]) -> float:
    """For how many frames of the unseen video the exported rows say what is there."""
    described = json.loads((sample / "sample.json").read_text())["videos"]
    (segments,) = [video["segments"] for video in described if video["role"] == "heldout"]
    truth = [
        (segment["verb"], segment["noun"])
        for segment in segments
        for _ in range(segment["start_frame"], segment["stop_frame"])
    ]
    said = [("", "")] * len(truth)
    for row in rows:
        for frame in range(int(row["start_frame"]), int(row["stop_frame"])):
            said[frame] = (row["verb"], row["noun"])
    return sum(a == b for a, b in zip(truth, said, strict=True)) / len(truth)


def assert_shows_something(path: Path, *, size: tuple[int, int] | None = None) -> None:
    picture = cv2.imread(str(path))
    assert picture is not None
    if size is not None:
        assert picture.shape[1::-1] == size
    assert picture.std() > 1


@pytest.mark.slow
def test_the_whole_job_leaves_numbers_that_can_be_measured_again(
    colors: Bundled, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"

    assert main(["demo", "--out", str(out)]) == 0

    values = json.loads((out / "demo.json").read_text())
    assert set(values) == {*SCORES, *FOUND, "seconds"}
    assert all(0 <= values[name] <= 1 for name in (*SCORES, *FOUND))
    assert values["seconds"] > 0
    video = colors.sample / "videos" / "unseen-1.mp4"
    (run,) = run_directories(out / "project" / "data" / "samples" / "fields" / "fields.cast")
    before, after = measured(colors.model, None, video), measured(colors.model, run.path, video)
    assert (values["new_before"], values["old_before"]) == pytest.approx(before)
    assert (values["new_after"], values["old_after"]) == pytest.approx(after)
    # It cannot name what it does not know, and learns some of it.
    assert values["new_before"] == 0 < values["new_after"]

    assert_shows_something(out / "overlay.png", size=(64, 64))
    assert_shows_something(out / "timeline.png")
    rows = rows_of(out / "annotations.csv")
    labels = [row for row in rows if row["source"] == "human"]
    assert [(row["verb"], row["noun"]) for row in labels] == PRACTICE
    assert {Path(row["video_path"]).name for row in labels} == {"practice-1.mp4"}
    by_model = [row for row in rows if row["source"] == "model"]
    assert {Path(row["video_path"]).name for row in by_model} == {"unseen-1.mp4"}
    assert len(labels) + len(by_model) == len(rows)
    assert len({row["model_id"] for row in by_model}) == 1
    assert values["found_after"] == pytest.approx(share_found(colors.sample, by_model))
    said = capsys.readouterr().out
    assert f"Exported {len(rows)} rows" in said
    assert f"({round(values['new_after'] * 5)} of 5) of segments with something new" in said


@pytest.mark.slow
def test_with_a_seed_it_is_measured_on_videos_that_are_rendered_now(
    scenes: Bundled,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(demo, "FRESH_SEGMENTS", 2)
    out = tmp_path / "out"

    assert main(["demo", "--out", str(out), "--seed", "7"]) == 0

    values = json.loads((out / "demo.json").read_text())
    assert set(values) == {*SCORES, *FOUND, "seconds"}
    assert all(values[name] in (0, 0.5, 1) for name in SCORES)
    assert "rendered 1 unseen ones from seed 7" in capsys.readouterr().out
    fresh = out / "project" / "unseen"
    (described,) = json.loads((fresh / "sample.json").read_text())["videos"]
    assert len(described["segments"]) == 4
    paths = {row["video_path"] for row in rows_of(out / "annotations.csv")}
    assert {Path(path).name for path in paths} == {"practice-1.mp4", "unseen-1.mp4"}
    # Not the video of that name that came with the sample.
    assert any(path.endswith("unseen/videos/unseen-1.mp4") for path in paths)
    assert_shows_something(out / "overlay.png")
    assert_shows_something(out / "timeline.png")


@pytest.mark.parametrize("seed", ["-1", str(2**63), "many"])
def test_a_seed_that_nothing_can_start_from_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], seed: str
) -> None:
    assert main(["demo", "--out", str(tmp_path / "out"), "--seed", seed]) == 2

    assert seed in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_without_a_model_nothing_is_made(
    colors: Bundled, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    colors.model.rename(tmp_path / "elsewhere")

    assert main(["demo", "--out", str(tmp_path / "out")]) == 1

    assert capsys.readouterr().err.startswith("No model is installed;")
    assert not (tmp_path / "out").exists()


def test_without_the_sample_nothing_is_made(
    colors: Bundled,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def missing(name: str) -> Path:
        raise FileNotFoundError(f"The file “{name}” is missing; install CAST Studio again.")

    monkeypatch.setattr("cast_studio.app.samples.resource_path", missing)

    assert main(["demo", "--out", str(tmp_path / "out")]) == 1

    assert "samples/tabletop" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_results_that_cannot_be_written_are_named(
    colors: Bundled,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(demo, "TRAINING_SECONDS", 0.5)
    (tmp_path / "out" / "demo.json").mkdir(parents=True)

    assert main(["demo", "--out", str(tmp_path / "out")]) == 1

    complaint = capsys.readouterr().err.splitlines()[-1]
    assert complaint.startswith(f"The results “{tmp_path / 'out' / 'demo.json'}” cannot be written")
