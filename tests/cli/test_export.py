"""Exporting a project on the command line: what the window would export."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cast_studio.__main__ import main
from cast_studio.app.exporting import Exported, export_csv
from cast_studio.app.session import Session
from cast_studio.core.predictions import Prediction, PredictionTrack
from cast_studio.core.timing import TimeSpan
from cast_studio.model.catalog import read_info
from cast_studio.storage.formats.csv import read_csv
from tests.fakes import SCHEMA

WAIT_MS = 20_000


@pytest.fixture
def own_model(tiny_model: Path, home: Path) -> str:
    """Install the tiny model as the user's own; return the id of its predictions."""
    models = home / "data" / "models"
    shutil.copytree(tiny_model, models / "tiny")
    return read_info(models / "tiny").weights_sha256[:16]


@pytest.fixture
def only_own_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Do as if no model were bundled."""
    empty = tmp_path / "no models"
    empty.mkdir()
    monkeypatch.setattr("cast_studio.app.models.resource_path", lambda _name: empty)


def keep_predictions(project: Path, model_id: str) -> tuple[TimeSpan, TimeSpan]:
    """Leave two predictions in the project as the window does, the second one rejected."""
    first, second = TimeSpan(0, 12_288), TimeSpan(12_288, 24_576)
    heads = SCHEMA.heads
    session = Session.open(project, annotator="ada")
    predictions = tuple(
        Prediction(
            span, {head.name: np.eye(len(head.classes), dtype=np.float32)[1] for head in heads}
        )
        for span in (first, second)
    )
    session.set_prediction_track(PredictionTrack("colors", model_id, heads, predictions))
    session.reject_prediction("colors", second)
    assert session.close().text == ""
    return first, second


def test_the_labels_are_written(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "labels.csv"

    assert main(["export", str(project), "--out", str(out)]) == 0

    rows = read_csv(out)
    assert [row["verb"] for row in rows] == ["take", "put", "cut"]
    assert [(row["start_frame"], row["stop_frame"]) for row in rows] == [
        ("0", "48"),
        ("48", "96"),
        ("96", "144"),
    ]
    assert capsys.readouterr().out == f"Wrote 3 rows to “{out}”.\n"


@pytest.mark.usefixtures("only_own_models")
def test_kept_predictions_are_written_and_rejected_ones_are_not(
    project: Path, tmp_path: Path, own_model: str
) -> None:
    keep_predictions(project, own_model)
    out = tmp_path / "all.csv"

    assert main(["export", str(project), "--out", str(out)]) == 0

    assert [row["source"] for row in read_csv(out)] == ["human"] * 3 + ["model"]


@pytest.mark.usefixtures("only_own_models")
def test_predictions_can_be_left_out(project: Path, tmp_path: Path, own_model: str) -> None:
    keep_predictions(project, own_model)
    out = tmp_path / "labels.csv"

    assert main(["export", str(project), "--out", str(out), "--labels-only"]) == 0

    assert [row["source"] for row in read_csv(out)] == ["human"] * 3


@pytest.mark.usefixtures("only_own_models")
def test_the_file_equals_the_window_s(
    qtbot: QtBot, project: Path, tmp_path: Path, own_model: str
) -> None:
    keep_predictions(project, own_model)
    by_command, by_window = tmp_path / "command.csv", tmp_path / "window.csv"
    assert main(["export", str(project), "--out", str(by_command)]) == 0

    session = Session.open(project, annotator="ada")
    with qtbot.waitSignal(session.predictions_fetched, timeout=WAIT_MS):
        session.set_current_model(own_model)
    exporter = export_csv(session, by_window)
    with qtbot.waitSignal(exporter.exported, timeout=WAIT_MS) as done:
        pass
    session.close()

    assert isinstance(done.args[0], Exported)
    assert by_command.read_bytes() == by_window.read_bytes()


def test_a_damaged_model_does_not_keep_the_labels_from_being_written(
    project: Path,
    tmp_path: Path,
    own_model: str,
    home: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (home / "data" / "models" / "tiny" / "config.json").write_text("{")

    assert main(["export", str(project), "--out", str(tmp_path / "a.csv")]) == 0

    complaint = capsys.readouterr().err
    assert "models/tiny" in complaint
    assert complaint.endswith("What it predicted is left out.\n")
    assert len(read_csv(tmp_path / "a.csv")) == 3


def test_a_video_that_is_gone_costs_its_frame_numbers_only(
    project: Path, tmp_path: Path, color_video: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = color_video.with_name("elsewhere.mp4")
    color_video.rename(moved)
    try:
        assert main(["export", str(project), "--out", str(tmp_path / "a.csv")]) == 0
    finally:
        moved.rename(color_video)

    assert "no frame numbers" in capsys.readouterr().err
    rows = read_csv(tmp_path / "a.csv")
    assert {row["start_frame"] for row in rows} == {""}
    assert rows[1]["start_time_s"] == "2.000000"


@pytest.mark.parametrize("kind", ["missing", "a file", "an empty folder"])
def test_what_is_no_project_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    folder = tmp_path / "holidays.cast"
    if kind == "a file":
        folder.write_text("milk, bread")
    elif kind == "an empty folder":
        folder.mkdir()

    assert main(["export", str(folder), "--out", str(tmp_path / "a.csv")]) == 1

    complaint = capsys.readouterr().err
    assert "holidays.cast" in complaint
    assert len(complaint.splitlines()) == 1
    assert not (tmp_path / "a.csv").exists()


def test_a_corrupt_project_is_named(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "project.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)

    assert main(["export", str(project), "--out", str(tmp_path / "a.csv")]) == 1

    assert project.name in capsys.readouterr().err
    assert not (tmp_path / "a.csv").exists()


def test_a_project_that_the_window_has_open_is_exported(project: Path, tmp_path: Path) -> None:
    window = Session.open(project, annotator="ada")
    try:
        assert main(["export", str(project), "--out", str(tmp_path / "a.csv")]) == 0
    finally:
        window.close()

    assert len(read_csv(tmp_path / "a.csv")) == 3


def test_the_project_is_never_replaced_by_its_export(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = (project / "project.db").read_bytes()

    assert main(["export", str(project), "--out", str(project / "project.db")]) == 1

    assert "lies in the project folder" in capsys.readouterr().err
    assert (project / "project.db").read_bytes() == database
    session = Session.open(project)
    assert len(session.project.tracks[0].segments) == 3
    session.close()


def test_an_unknown_format_is_a_usage_error(project: Path, tmp_path: Path) -> None:
    assert main(["export", str(project), "--out", str(tmp_path / "a"), "--format", "pdf"]) == 2
