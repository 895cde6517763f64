"""Whole studies of a small model, by the command that users have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.model.examples import make_cast, write_model
from tests.training.study.examples import write_small
from training.__main__ import main
from training.study.results import ROWS
from training.study.variants import NETWORKS

OPTIONS = {"steps": 2, "batch": 2, "test-clips": 4, "frozen-blocks": 1, "seeds": 1, "processes": 1}


def study(folder: Path, **changes: object) -> int:
    options = OPTIONS | {name.replace("_", "-"): value for name, value in changes.items()}
    arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    return main(["study", "--model", str(folder / "model"), "--out", str(folder / "s"), *arguments])


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    write_small(folder / "model")
    assert study(folder) == 0
    return folder


@pytest.fixture
def done(finished: Path, tmp_path: Path) -> Path:
    """A folder with a model and a finished study of its own."""
    (tmp_path / "model").symlink_to(finished / "model")
    for path in (finished / "s").rglob("*.*"):
        copy = tmp_path / "s" / path.relative_to(finished / "s")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    return tmp_path


def summary(folder: Path) -> object:
    return json.loads((folder / "s" / "study.json").read_text())


def test_a_study_prints_a_table_of_every_row(
    done: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert study(done) == 0
    printed = capsys.readouterr()
    for title in ROWS.values():
        assert printed.out.count(f"| {title} | ") == 2
    assert printed.err == ""  # there was nothing left to do


def test_an_interrupted_study_goes_on_with_what_is_missing(
    done: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = summary(done)
    (done / "s/runs/concat-1.json").unlink()
    (done / "s/clips/1-000.safetensors").unlink()
    (done / "s/study.json").unlink()
    assert study(done) == 0
    assert summary(done) == before
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "Clips rendered: part 1 of 1"
    assert said[1].startswith("Trained 1 of 1: concat 1: verb ")
    assert len(said) == 2


def test_one_more_seed_is_added_to_the_others(
    done: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in (done / "s/runs").iterdir()}
    assert study(done, seeds=2) == 0
    assert f"Trained {len(NETWORKS)} of {len(NETWORKS)}" in capsys.readouterr().err
    found = {path: path.read_bytes() for path in (done / "s/runs").iterdir()}
    assert len(found) == 2 * len(NETWORKS)
    assert before.items() <= found.items()
    assert study(done) == 0
    assert all(len(row["seeds"]) == 1 for row in summary(done)["rows"])  # type: ignore[index]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"steps": 3}, "begun in another way"),
        ({"wrong_nouns": 0.5}, "begun in another way"),
        ({"test_clips": 3}, "an even number of test clips"),
        ({"wrong_nouns": 1.5}, "a number from 0 to 1"),
        ({"rate": 0}, "one above 0"),
        ({"frozen_blocks": 2}, "at least 2 must be left"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(
    done: Path, change: dict[str, object], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = summary(done)
    assert study(done, **change) == 1
    assert why in capsys.readouterr().err
    assert summary(done) == before


def test_a_model_of_other_verbs_and_nouns_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_model(tmp_path / "model", make_cast())
    assert study(tmp_path) == 1
    assert "“small” does not know" in capsys.readouterr().err
    assert not (tmp_path / "s").exists()


def test_damaged_settings_are_named(done: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (done / "s/settings.json").write_text("{")
    assert study(done) == 1
    assert "settings.json" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.usefixtures("tracker_of_multiprocessing")
def test_several_processes_find_the_same(done: Path, tmp_path: Path) -> None:
    before = summary(done)
    for path in (done / "s").rglob("*.*"):
        path.unlink()
    assert study(done, processes=2) == 0
    assert summary(done) == before
