"""Listing models."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cast_studio.__main__ import main
from cast_studio.model.catalog import read_info
from tests.cli.conftest import KNOWS

pytestmark = pytest.mark.usefixtures("qapp")


def test_a_model_of_ones_own_is_described(
    tiny_model: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = home / "data" / "models" / "tiny"
    shutil.copytree(tiny_model, folder)

    assert main(["models", "list"]) == 0

    said = capsys.readouterr().out
    millions = read_info(folder).parameters / 1e6
    assert "tiny (yours)" in said
    assert f"{millions:.2f} million weights; 3 verbs, 2 nouns; license: MIT" in said
    assert KNOWS in said
    assert str(folder) in said


def test_without_models_it_says_where_they_go(
    tmp_path: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("cast_studio.app.models.resource_path", lambda _name: tmp_path)

    assert main(["models", "list"]) == 0

    assert str(home / "data" / "models") in capsys.readouterr().out


def test_a_damaged_model_is_named(
    tiny_model: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = home / "data" / "models" / "tiny"
    shutil.copytree(tiny_model, folder)
    (folder / "config.json").write_text("{")

    assert main(["models", "list"]) == 1

    said = capsys.readouterr()
    assert str(folder) in said.err
    assert "cast-tiny (bundled)" in said.out
