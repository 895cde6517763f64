"""Exporting from a session: real CSV files, with frame numbers that come from the videos."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cast_studio.app.exporting import Exported, Exporter, export, export_csv, export_request
from cast_studio.app.session import Session
from cast_studio.app.videos import scan_video
from cast_studio.core.edits import AddSegments, RetimeSegment, SplitSegment
from cast_studio.core.predictions import Prediction, PredictionTrack
from cast_studio.core.schema_draft import SchemaDraft
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.core.tracks import Segment
from cast_studio.errors import ExportError
from cast_studio.storage.formats.csv import read_csv
from tests.app.conftest import WAIT_MS
from tests.fakes import SCHEMA


@pytest.fixture
def labelled(session: Session, numbered_video: Path) -> Session:
    """A video with one label over frames 12 to 24, its frames not scanned in this session."""
    found = scan_video(numbered_video, video_id="a")
    session.add_video(found.video)
    track = session.label_track("a")
    assert track is not None
    span = found.index.span_of_frames(12, 24)
    session.do(AddSegments(track.id, (Segment("s", span, {"verb": 1, "noun": 0}),)))
    return session


def predict(session: Session, *spans: TimeSpan, model_id: str = "m") -> None:
    rows = {"verb": np.array([0.9, 0.05, 0.05]), "noun": np.array([0.2, 0.8])}
    scores = {head: row.astype(np.float32) for head, row in rows.items()}
    predictions = tuple(Prediction(span, scores) for span in spans)
    session.set_prediction_track(PredictionTrack("a", model_id, SCHEMA.heads, predictions))


def files_below(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def wait_for(qtbot: QtBot, exporter: Exporter) -> Exported:
    with qtbot.waitSignal(exporter.exported, timeout=WAIT_MS) as done:
        assert exporter.is_busy
    assert done.args is not None
    exported = done.args[0]
    assert isinstance(exported, Exported)
    return exported


def test_labels_are_written_with_frame_numbers_from_the_video(
    qtbot: QtBot, labelled: Session, tmp_path: Path
) -> None:
    done = wait_for(qtbot, export_csv(labelled, tmp_path / "out.csv", include_predictions=False))
    assert (done.path, done.rows, done.warnings) == (tmp_path / "out.csv", 1, ())
    (row,) = read_csv(tmp_path / "out.csv")
    assert (row["start_frame"], row["stop_frame"]) == ("12", "24")
    assert (row["verb"], row["noun"]) == ("put", "knife")
    assert (row["start_time_s"], row["source"]) == ("0.500000", "human")


def test_scanned_frames_are_kept_for_the_session(
    qtbot: QtBot, labelled: Session, tmp_path: Path
) -> None:
    assert labelled.frame_index("a") is None
    wait_for(qtbot, export_csv(labelled, tmp_path / "out.csv"))
    assert isinstance(labelled.frame_index("a"), FrameIndex)


def test_predictions_are_written_without_the_rejected_ones(
    qtbot: QtBot, labelled: Session, tmp_path: Path
) -> None:
    predict(labelled, TimeSpan(0, 1000), TimeSpan(1000, 2000))
    labelled.reject_prediction("a", TimeSpan(1000, 2000))
    done = wait_for(qtbot, export_csv(labelled, tmp_path / "out.csv"))
    assert done.rows == 2
    assert [row["source"] for row in read_csv(tmp_path / "out.csv")] == ["human", "model"]
    without = wait_for(
        qtbot, export_csv(labelled, tmp_path / "without.csv", include_predictions=False)
    )
    assert without.rows == 1


FIRST, SECOND, THIRD = TimeSpan(0, 1000), TimeSpan(1000, 2000), TimeSpan(2000, 3000)


@pytest.fixture
def predicted(session: Session, numbered_video: Path) -> Session:
    """A video of which a model has predicted three spans, and no labels."""
    found = scan_video(numbered_video, video_id="a")
    session.add_video(found.video, found.index)
    predict(session, FIRST, SECOND, THIRD)
    return session


def accept(session: Session, *positions: int, labels: dict[str, int] | None = None) -> list[str]:
    """Make labels of predictions; return the ids of the new ones."""
    track = session.prediction_track("a")
    assert track is not None
    changes = session.accept("a", [track.predictions[at] for at in positions], labels=labels)
    return [row.id for row in changes.segments if row.before is None]


def statuses(session: Session, path: Path) -> list[tuple[str, str]]:
    """Export; return what the rows say of where they come from."""
    export(export_request(session, path, include_predictions=True))
    return [(row["source"], row["status"]) for row in read_csv(path)]


def test_predictions_that_are_labels_are_written_once(predicted: Session, tmp_path: Path) -> None:
    accept(predicted, 0, 1)
    accept(predicted, 2, labels={"verb": 2, "noun": 0})
    assert statuses(predicted, tmp_path / "a.csv") == [
        ("model_accepted", "accepted"),
        ("model_accepted", "accepted"),
        ("model_edited", "edited"),
    ]
    predicted.undo()
    assert statuses(predicted, tmp_path / "a.csv") == [
        ("model_accepted", "accepted"),
        ("model_accepted", "accepted"),
        ("model", "new"),
    ]


def test_labels_of_predictions_keep_what_the_model_said(predicted: Session, tmp_path: Path) -> None:
    accept(predicted, 0)
    accept(predicted, 2, labels={"verb": 2, "noun": 0})

    export(export_request(predicted, tmp_path / "a.csv", include_predictions=False))

    accepted, edited = read_csv(tmp_path / "a.csv")
    assert (accepted["label"], edited["label"]) == ("take bread", "cut knife")
    assert float(accepted["score"]) == pytest.approx(0.9 * 0.8)
    assert float(edited["score"]) == pytest.approx(0.05 * 0.2)
    assert json.loads(accepted["top5"])["noun"] == [["bread", 0.8], ["knife", 0.2]]
    assert edited["top5"] == accepted["top5"]


def test_what_a_model_said_is_written_in_the_words_of_the_project(
    predicted: Session, tmp_path: Path
) -> None:
    accept(predicted, 2, labels={"verb": 2, "noun": 0})
    schema = predicted.project.schema
    draft = SchemaDraft.of(schema).change_class(("verb", 0), name="grab")
    predicted.do(draft.change_class(("verb", 2), name="chop").to_edit("Rename classes"))
    export(export_request(predicted, tmp_path / "a.csv", include_predictions=True))
    rows = read_csv(tmp_path / "a.csv")
    edited = next(row for row in rows if row["status"] == "edited")
    assert edited["label"] == "chop knife"
    assert float(edited["score"]) == pytest.approx(0.05 * 0.2)
    assert {row["verb"] for row in rows if row["status"] == "new"} == {"grab"}


def test_a_label_that_was_moved_keeps_what_the_model_said_where_it_lies_now(
    predicted: Session, tmp_path: Path
) -> None:
    (first,) = accept(predicted, 0)
    predicted.do(RetimeSegment(first, TimeSpan(100, 1100), predicted.now()))
    export(export_request(predicted, tmp_path / "a.csv", include_predictions=False))
    (row,) = read_csv(tmp_path / "a.csv")
    assert row["status"] == "edited"
    assert float(row["score"]) == pytest.approx(0.9 * 0.8)
    assert row["top5"]


def test_what_an_older_model_said_is_looked_for_in_the_project(
    predicted: Session, tmp_path: Path
) -> None:
    """The program was closed since, and another model has been trained."""
    accept(predicted, 0)
    assert predicted.close().text == ""
    again = Session.open(predicted.folder, annotator="ada")
    try:
        predict(again, SECOND, model_id="newer")
        export(export_request(again, tmp_path / "a.csv", include_predictions=False))
    finally:
        again.close()
    (row,) = read_csv(tmp_path / "a.csv")
    assert json.loads(row["top5"])["verb"][0] == ["take", 0.9]


@pytest.mark.parametrize(
    ("out", "written"),
    [
        ("a.csv", "videos/copy.mp4"),
        ("videos/a.csv", "copy.mp4"),
        ("elsewhere/a.csv", "{folder}/videos/copy.mp4"),
        ("elsewhere/../a.csv", "videos/copy.mp4"),
    ],
)
def test_a_video_is_named_as_seen_from_the_file(
    session: Session, numbered_video: Path, tmp_path: Path, out: str, written: str
) -> None:
    for name in ("videos", "elsewhere"):
        (tmp_path / name).mkdir()
    copy = Path(shutil.copy(numbered_video, tmp_path / "videos" / "copy.mp4"))
    session.add_video(scan_video(copy, video_id="a").video)
    predict(session, FIRST)

    export(export_request(session, tmp_path / out, include_predictions=True))

    (row,) = read_csv(tmp_path / out)
    assert row["video_path"] == written.format(folder=tmp_path.as_posix())


def test_labels_that_were_moved_or_cut_still_stand_for_their_prediction(
    predicted: Session, tmp_path: Path
) -> None:
    first, third = accept(predicted, 0, 2)
    predicted.do(RetimeSegment(first, TimeSpan(100, 1100), predicted.now()))
    predicted.do(SplitSegment(third, 2300, predicted.new_id(), predicted.now()))

    export(export_request(predicted, tmp_path / "a.csv", include_predictions=True))

    (left,) = [row for row in read_csv(tmp_path / "a.csv") if row["source"] == "model"]
    assert left["segment_id"] == "m/a/1000-2000"


def test_a_label_stands_for_the_predictions_that_it_was_drawn_over(
    predicted: Session, tmp_path: Path
) -> None:
    (first,) = accept(predicted, 0, labels={"verb": 2})
    predicted.do(RetimeSegment(first, TimeSpan(0, 2100), predicted.now()))
    assert [status for _, status in statuses(predicted, tmp_path / "a.csv")] == ["edited", "new"]


def test_labels_that_do_not_come_from_the_model_leave_its_predictions_in(
    predicted: Session, tmp_path: Path
) -> None:
    """A newer model has something to say about what was labelled before."""
    accept(predicted, 0)
    track = predicted.label_track("a")
    assert track is not None
    predicted.do(AddSegments(track.id, (Segment("by hand", SECOND, {"verb": 1}),)))
    predict(predicted, FIRST, SECOND, model_id="newer")
    assert [source for source, _ in statuses(predicted, tmp_path / "a.csv")] == [
        "model_accepted",
        "human",
        "model",
        "model",
    ]


def test_a_missing_video_costs_its_frame_numbers_only(
    session: Session, numbered_video: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(numbered_video.read_bytes())
    session.add_video(scan_video(copy, video_id="a").video)
    track = session.label_track("a")
    assert track is not None
    session.do(AddSegments(track.id, (Segment("s", TimeSpan(0, 100), {"verb": 1}),)))
    copy.unlink()
    done = export(export_request(session, tmp_path / "out.csv", include_predictions=True))
    assert "copy.mp4" in done.warnings[0]
    (row,) = read_csv(tmp_path / "out.csv")
    assert row["start_frame"] == ""
    assert row["verb"] == "put"


def test_later_edits_do_not_change_an_export(labelled: Session, tmp_path: Path) -> None:
    request = export_request(labelled, tmp_path / "out.csv", include_predictions=False)
    labelled.undo()
    assert export(request).rows == 1


def test_a_failed_export_says_why_and_leaves_the_file_as_it_was(
    qtbot: QtBot, labelled: Session, tmp_path: Path
) -> None:
    exporter = export_csv(labelled, tmp_path / "no folder" / "out.csv")
    with qtbot.waitSignal(exporter.failed, timeout=WAIT_MS) as failed:
        pass
    assert failed.args is not None
    assert "out.csv" in failed.args[0]
    assert not exporter.is_busy
    assert not (tmp_path / "no folder").exists()


@pytest.mark.parametrize("name", ["project.db", "backups/labels.csv", "labels.csv", ""])
def test_nothing_is_written_into_the_project_folder(labelled: Session, name: str) -> None:
    assert labelled.flush()
    before = files_below(labelled.folder)
    request = export_request(labelled, labelled.folder / name, include_predictions=False)

    with pytest.raises(ExportError, match=r"lies in the project folder .*; choose a place outside"):
        export(request)

    assert files_below(labelled.folder) == before


def test_a_link_into_the_project_folder_is_no_way_around(labelled: Session, tmp_path: Path) -> None:
    assert labelled.flush()
    before = files_below(labelled.folder)
    link = tmp_path / "labels.csv"
    link.symlink_to(labelled.folder / "project.db")

    with pytest.raises(ExportError, match="lies in the project folder"):
        export(export_request(labelled, link, include_predictions=False))

    assert files_below(labelled.folder) == before


def test_a_folder_whose_name_only_begins_like_the_project_s_is_fine(
    labelled: Session, tmp_path: Path
) -> None:
    beside = tmp_path / f"{labelled.folder.name}.exports"
    beside.mkdir()
    assert export(export_request(labelled, beside / "a.csv", include_predictions=False)).rows == 1


@pytest.mark.parametrize("way", ["its name", "a link", "a roundabout path"])
def test_a_video_of_the_project_is_never_replaced(
    session: Session, numbered_video: Path, tmp_path: Path, way: str
) -> None:
    video = tmp_path / "copy.mp4"
    video.write_bytes(numbered_video.read_bytes())
    session.add_video(scan_video(video, video_id="a").video)
    target = video
    if way == "a link":
        target = tmp_path / "labels.csv"
        target.symlink_to(video)
    elif way == "a roundabout path":
        target = session.folder / ".." / "copy.mp4"

    with pytest.raises(ExportError, match="is one of the videos and would be replaced"):
        export(export_request(session, target, include_predictions=False))

    assert video.read_bytes() == numbered_video.read_bytes()


def test_the_place_of_a_video_that_is_gone_is_kept_free(
    session: Session, numbered_video: Path, tmp_path: Path
) -> None:
    video = tmp_path / "copy.mp4"
    video.write_bytes(numbered_video.read_bytes())
    session.add_video(scan_video(video, video_id="a").video)
    video.unlink()

    with pytest.raises(ExportError, match="is one of the videos"):
        export(export_request(session, video, include_predictions=False))

    assert not video.exists()


def test_the_database_of_another_project_is_never_replaced(
    labelled: Session, tmp_path: Path
) -> None:
    other = Session.create(tmp_path / "b.cast", name="b", schema=SCHEMA, annotator="ada")
    assert other.close().text == ""
    database = other.folder / "project.db"
    before = database.read_bytes()
    with pytest.raises(ExportError, match="is a database, perhaps of another project"):
        export(export_request(labelled, database, include_predictions=False))
    assert database.read_bytes() == before


def test_an_unknown_format_is_refused(labelled: Session, tmp_path: Path) -> None:
    request = export_request(
        labelled, tmp_path / "out.x", include_predictions=False, format_name="papyrus"
    )
    with pytest.raises(ExportError, match="papyrus"):
        export(request)
