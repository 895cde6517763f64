"""The card of a model is what was measured, and can be made again from it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from cast_studio.model.catalog import read_info
from cast_studio.resource_files import resource_path
from tests.training.study.test_results import result, settings
from training.__main__ import main
from training.study.results import summarize


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(resource_path("models/cast-tiny"), tmp_path / "cast-tiny"))


def test_the_bundled_card_is_what_its_scores_and_study_make(folder: Path) -> None:
    before = (folder / "CARD.md").read_text("utf-8")
    (folder / "CARD.md").unlink()
    assert main(["write-card", "--model", str(folder)]) == 0
    assert (folder / "CARD.md").read_text("utf-8") == before
    info = read_info(folder)
    assert info.knows in before
    assert all(found.name in before for head in info.heads for found in head.classes)


def test_a_study_stands_in_the_card_and_stays_beside_it(folder: Path, tmp_path: Path) -> None:
    found = summarize([result(noun=0.123, action=0.1)], settings(steps=77))
    (tmp_path / "found.json").write_text(json.dumps(found))
    study = ["--study", str(tmp_path / "found.json")]
    assert main(["write-card", "--model", str(folder), *study]) == 0
    card = (folder / "CARD.md").read_text("utf-8")
    assert "77 steps of 2 clips" in card
    assert "| B-CAST | 94.0 | 47.4 | 46.0 | 63.0 | 1,234 |" in card
    assert main(["write-card", "--model", str(folder)]) == 0
    assert (folder / "CARD.md").read_text("utf-8") == card


@pytest.mark.parametrize("name", ["scores.json", "study.json"])
@pytest.mark.parametrize("text", ["{", "{}"])
def test_a_card_of_something_else_is_refused(
    folder: Path, name: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (folder / "CARD.md").read_text("utf-8")
    (folder / name).write_text(text)
    assert main(["write-card", "--model", str(folder)]) == 1
    assert "cannot be made" in capsys.readouterr().err
    assert (folder / "CARD.md").read_text("utf-8") == before


def test_a_study_that_is_not_there_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["write-card", "--model", str(folder), "--study", "nowhere.json"]) == 1
    assert "nowhere.json" in capsys.readouterr().err
