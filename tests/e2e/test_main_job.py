"""From a video to labels in a CSV, by keys, with the bundled model; and all of it is kept."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt

from cast_studio.core.predictions import Prediction
from cast_studio.core.tracks import Origin
from cast_studio.ui import exchange
from cast_studio.ui.commands import Do
from tests.e2e.conftest import OpenWindow, RealDesk
from tests.ui.labelling import picker_of

VIDEO = "unseen-1.mp4"
NEW_NOUN = "paper boat"


def test_a_video_is_predicted_corrected_exported_and_all_is_there_again(
    open_window: OpenWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = open_window()
    desk.open_sample()
    desk.choose_video(VIDEO)
    before = desk.session.project
    predict(desk)
    accepted, corrected = predictions(desk)[:2]

    desk.press("Home", "A", "Tab")
    assert desk.studio.annotations.current.prediction == corrected
    verb = correct(desk, corrected)
    assert_heat_lies_over_the_frame(desk)

    after = desk.session.project
    assert [label.span for label in desk.labels] == [accepted.span, corrected.span]
    assert [label.origin for label in desk.labels] == [Origin.ACCEPTED, Origin.CORRECTED]
    desk.press("Ctrl+Z", "Ctrl+Z")
    assert desk.session.project == before
    desk.press("Ctrl+Shift+Z", "Ctrl+Shift+Z")
    assert desk.session.project == after

    exported = export(desk, tmp_path / "first.csv", monkeypatch)
    labels = [row for row in exported if row["track"] == "Labels"]
    assert [(row["source"], row["verb"], row["noun"]) for row in labels] == [
        ("model_accepted", *best_names(desk, accepted)),
        ("model_edited", verb, NEW_NOUN),
    ]
    frames = desk.studio.state.frames
    assert frames is not None
    for row, label in zip(labels, desk.labels, strict=True):
        inside = frames.frames_in(label.span)
        assert (row["start_frame"], row["stop_frame"]) == (str(inside.start), str(inside.stop))
    by_model = [row for row in exported if row["source"] == "model"]
    # What became a label is written once, as that label.
    assert len(by_model) == len(predictions(desk)) - len(labels)
    assert {row["status"] for row in by_model} == {"new"}

    folder = desk.session.folder
    assert desk.window.close()
    again = open_window()
    again.drop(folder)
    again.choose_video(VIDEO)
    assert again.session.project == after
    again.wait(lambda: again.studio.annotations.predictions is not None)
    assert export(again, tmp_path / "second.csv", monkeypatch) == exported
    assert [text for level, text in desk.told.told + again.told.told if level != "info"] == []


def predict(desk: RealDesk) -> None:
    """Let the model segment the shown video; its scores are in the panel then."""
    desk.wait_until_possible(Do.PREDICT)
    desk.press("Ctrl+P")
    desk.wait(lambda: len(predictions(desk)) >= 2)
    desk.wait(lambda: not desk.studio.models.is_predicting)
    desk.press("Home")
    bars = desk.window.workspace.timeline.content.model.bars
    assert [bar.span for bar in bars] == [found.span for found in predictions(desk)]
    desk.wait(lambda: desk.window.workspace.label_panel.view is not None)
    view = desk.window.workspace.label_panel.view
    assert view is not None
    for head in ("verb", "noun"):
        shown = [row.probability for row in view.rows if row.head == head]
        assert len(shown) == 5
        assert shown == sorted(shown, reverse=True)
        assert 0 < sum(shown) <= 1.001


def predictions(desk: RealDesk) -> tuple[Prediction, ...]:
    """Return what the model says about the shown video."""
    track = desk.studio.annotations.predictions
    return track.predictions if track is not None else ()


def best_names(desk: RealDesk, prediction: Prediction) -> tuple[str, ...]:
    """Return the class of each head that the model finds likeliest."""
    heads = desk.studio.models.heads
    return tuple(head.classes[prediction.best(head.name)[0]].name for head in heads)


def correct(desk: RealDesk, prediction: Prediction) -> str:
    """Give the current segment another verb and a noun that nobody knew; return the verb."""
    said = best_names(desk, prediction)[0]
    verb = next(name for name in ("hop", "circle") if name != said)
    desk.press("E")
    picker = picker_of(desk)
    desk.bot.keyClicks(picker.columns[0].field, verb)
    desk.press(Qt.Key.Key_Return)
    desk.bot.keyClicks(picker.columns[1].field, NEW_NOUN)
    desk.press(Qt.Key.Key_Return)
    assert not picker.isVisible()
    return verb


def assert_heat_lies_over_the_frame(desk: RealDesk) -> None:
    """Switch the heatmap on: it comes, says more of some places than of others, and goes again."""
    player, state = desk.studio.services.player, desk.studio.state
    desk.wait(lambda: player.shown == state.frame_index)
    grids: list[NDArray[np.float64]] = []
    desk.studio.attention.heat_changed.connect(
        lambda grid: grids.append(grid) if grid is not None else None
    )
    view = desk.window.workspace.video_view
    bare = view.grab().toImage()
    desk.press("H")
    desk.wait(lambda: bool(grids))
    assert view.has_heat
    assert grids[-1].min() >= 0
    assert grids[-1].max() <= 1
    assert np.ptp(grids[-1]) > 0.1
    assert view.grab().toImage() != bare
    desk.press("H")
    assert view.grab().toImage() == bare


def export(desk: RealDesk, path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """Export by the key; the system's file dialog is answered with a path. Return the rows."""
    monkeypatch.setattr(
        exchange, "ask_for_export", lambda _parent, _files, _suggested, _chosen: path
    )
    desk.press("Ctrl+E")
    desk.press("Return")
    desk.wait(lambda: any(f"to {path}." in text for _, text in desk.told.told))
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
