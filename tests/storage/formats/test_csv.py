from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema
from cast_studio.core.predictions import Prediction, PredictionTrack
from cast_studio.core.project import UNSEEN_TICK, Project
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.core.tracks import Origin, Segment, Track
from cast_studio.errors import ExportError
from cast_studio.storage.formats.csv import NUMBER_COLUMNS, read_csv, write_csv, write_rows
from cast_studio.storage.formats.segment_rows import (
    COLUMNS,
    Row,
    seconds_text,
    timestamp_text,
)
from tests.storage.examples import NOUN, PROJECT, VERB, VIDEO, full_disk, unprivileged

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits and permissions")

INDEX = FrameIndex(np.arange(50) * 512, np.arange(50) % 10 == 0, Fraction(1, 12800), end_pts=25_600)
PREDICTIONS = PredictionTrack(
    "v1",
    "tiny",
    (VERB, NOUN),
    (
        Prediction(
            TimeSpan(0, 12_800),
            {"verb": np.array([0.75, 0.25], np.float32), "noun": np.array([0.2, 0.8], np.float32)},
        ),
    ),
)


def rows_of(
    path: Path,
    project: Project = PROJECT,
    *,
    predictions: tuple[PredictionTrack, ...] = (),
    indexes: dict[str, FrameIndex] | None = None,
    origins: tuple[PredictionTrack, ...] = (),
) -> tuple[Row, ...]:
    """Write a project and return what a plain CSV reader finds in the file."""
    write_csv(path, project, predictions=predictions, frame_indexes=indexes, origins=origins)
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def with_segments(*segments: Segment) -> Project:
    return replace(PROJECT, tracks=(Track("t1", "v1", "Actions", "ann", segments),))


def test_the_columns_are_the_documented_ones_in_order(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", PROJECT)
    header = (tmp_path / "a.csv").read_bytes().split(b"\r\n")[0]
    assert header.decode().split(",") == list(COLUMNS)
    assert header.startswith(b"segment_id,video_id,video_path,video_fingerprint,fps_num,fps_den,")
    assert header.endswith(b"modified_at,timebase,start_pts,stop_pts,origin,attributes")


def test_a_labelled_segment(tmp_path: Path) -> None:
    row = rows_of(tmp_path / "a.csv", indexes={"v1": INDEX})[0]
    assert row == {
        "segment_id": "s1",
        "video_id": "v1",
        "video_path": "videos/table.mp4",
        "video_fingerprint": "abc",
        "fps_num": "25",
        "fps_den": "1",
        "n_frames": "50",
        "start_frame": "0",
        "stop_frame": "10",
        "start_time_s": "0.000000",
        "stop_time_s": "0.400000",
        "start_timestamp": "00:00:00.000",
        "stop_timestamp": "00:00:00.400",
        "track": "Actions",
        "label": "move left =cup",
        "label_id": "",
        "verb": "move left",
        "verb_class": "0",
        "noun": "'=cup",
        "noun_class": "1",
        "subject": "",
        "source": "human",
        "score": "",
        "top5": "",
        "uncertainty": "",
        "status": "accepted",
        "annotator": "ann",
        "model_id": "",
        "split": "",
        "comment": 'two\nlines, a "quote"',
        "created_at": "2026-01-02T03:04:05Z",
        "modified_at": "",
        "timebase": "1/12800",
        "start_pts": "0",
        "stop_pts": "5120",
        "origin": "manual",
        "attributes": "",
    }


def test_a_corrected_prediction_says_what_it_came_from(tmp_path: Path) -> None:
    row = rows_of(tmp_path / "a.csv")[1]
    assert row["source"] == "model_edited"
    assert row["status"] == "edited"
    # The project keeps the score of the answer that was rejected, which is not this label's.
    assert (row["model_id"], row["score"], row["uncertainty"], row["top5"]) == ("m1", "", "", "")
    assert (row["label"], row["verb"], row["noun"]) == ("rotate", "rotate", "")
    assert row["subject"] == "left hand"


@pytest.mark.parametrize(
    ("origin", "model_id", "source", "status"),
    [
        (Origin.MANUAL, "", "human", "accepted"),
        (Origin.IMPORTED, "", "human", "accepted"),
        (Origin.ACCEPTED, "m1", "model_accepted", "accepted"),
        (Origin.CORRECTED, "m1", "model_edited", "edited"),
        (Origin.CORRECTED, "", "human", "edited"),
    ],
)
def test_every_origin_has_a_source(
    tmp_path: Path, origin: Origin, model_id: str, source: str, status: str
) -> None:
    segment = Segment("s", TimeSpan(0, 5), {}, origin=origin, model_id=model_id)
    (row,) = rows_of(tmp_path / "a.csv", with_segments(segment))
    assert (row["source"], row["status"]) == (source, status)


def of_model(**labels: int) -> Segment:
    return Segment(
        "s", TimeSpan(0, 12_800), labels, origin=Origin.CORRECTED, model_id="tiny", score=0.6
    )


TOP5 = {"verb": [["move left", 0.75], ["rotate", 0.25]], "noun": [["=cup", 0.8], ["mug", 0.2]]}


def test_an_edited_label_has_the_score_of_what_it_says_now(tmp_path: Path) -> None:
    project = with_segments(of_model(verb=3, noun=0))
    (row,) = rows_of(tmp_path / "a.csv", project, origins=(PREDICTIONS,))
    assert (row["verb"], row["noun"]) == ("rotate", "mug")
    assert (row["score"], row["uncertainty"]) == ("0.050000", "0.950000")
    assert json.loads(row["top5"]) == TOP5


def test_an_edited_label_of_one_head_has_the_score_of_that_head(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path / "a.csv", with_segments(of_model(verb=3)), origins=(PREDICTIONS,))
    assert row["score"] == "0.250000"


def test_a_class_that_the_model_does_not_know_has_no_score(tmp_path: Path) -> None:
    verbs_only = replace(
        PREDICTIONS,
        heads=(replace(VERB, classes=VERB.classes[:1]), NOUN),
        predictions=tuple(
            replace(found, scores={**found.scores, "verb": np.ones(1, np.float32)})
            for found in PREDICTIONS.predictions
        ),
    )
    project = with_segments(of_model(verb=3, noun=1))
    (row,) = rows_of(tmp_path / "a.csv", project, origins=(verbs_only,))
    assert (row["score"], row["uncertainty"]) == ("", "")
    assert json.loads(row["top5"])["verb"] == [["move left", 1.0]]


def test_a_label_without_classes_has_no_score(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path / "a.csv", with_segments(of_model()), origins=(PREDICTIONS,))
    assert row["score"] == ""


def test_an_accepted_label_keeps_what_the_model_said(tmp_path: Path) -> None:
    accepted = replace(of_model(verb=0, noun=1), origin=Origin.ACCEPTED)
    (row,) = rows_of(tmp_path / "a.csv", with_segments(accepted), origins=(PREDICTIONS,))
    assert (row["source"], row["score"]) == ("model_accepted", "0.600000")
    assert json.loads(row["top5"]) == TOP5


def test_what_another_model_said_is_not_taken_for_it(tmp_path: Path) -> None:
    other = replace(of_model(verb=0, noun=1), model_id="another")
    (row,) = rows_of(tmp_path / "a.csv", with_segments(other), origins=(PREDICTIONS,))
    assert (row["score"], row["top5"]) == ("", "")


def test_a_label_drawn_by_hand_has_nothing_of_the_model(tmp_path: Path) -> None:
    by_hand = Segment("s", TimeSpan(0, 12_800), {"verb": 0})
    (row,) = rows_of(tmp_path / "a.csv", with_segments(by_hand), origins=(PREDICTIONS,))
    assert (row["score"], row["top5"], row["model_id"]) == ("", "", "")


def test_a_prediction_is_a_new_row_of_the_model(tmp_path: Path) -> None:
    row = rows_of(tmp_path / "a.csv", predictions=(PREDICTIONS,), indexes={"v1": INDEX})[2]
    assert (row["source"], row["status"], row["model_id"]) == ("model", "new", "tiny")
    assert (row["score"], row["uncertainty"]) == ("0.600000", "0.400000")
    assert (row["label"], row["verb_class"], row["noun_class"]) == ("move left =cup", "0", "1")
    assert json.loads(row["top5"]) == {
        "verb": [["move left", 0.75], ["rotate", 0.25]],
        "noun": [["=cup", 0.8], ["mug", 0.2]],
    }
    assert (row["start_frame"], row["stop_frame"], row["stop_time_s"]) == ("0", "25", "1.000000")
    assert row["track"] == "predictions"
    assert row["segment_id"]


def test_top5_has_five_classes_at_most(tmp_path: Path) -> None:
    head = LabelHead("action", tuple(LabelClass(i, f"a{i}") for i in range(9)))
    scores = np.linspace(0.2, 0.01, 9, dtype=np.float32)
    track = PredictionTrack(
        "v1", "tiny", (head,), (Prediction(TimeSpan(0, 5), {"action": scores}),)
    )
    row = rows_of(tmp_path / "a.csv", with_segments(), predictions=(track,))[0]
    assert [name for name, _ in json.loads(row["top5"])["action"]] == [f"a{i}" for i in range(5)]


def test_predictions_for_a_video_that_is_gone_are_left_out(tmp_path: Path) -> None:
    gone = replace(PREDICTIONS, video_id="gone")
    report = write_csv(tmp_path / "a.csv", PROJECT, predictions=(gone, PREDICTIONS))
    assert report.rows == 3


def test_the_report_counts_the_rows(tmp_path: Path) -> None:
    report = write_csv(tmp_path / "a.csv", PROJECT)
    assert (report.path, report.rows) == (tmp_path / "a.csv", 2)
    assert len(read_csv(report.path)) == 2


def test_a_project_without_segments_is_a_header(tmp_path: Path) -> None:
    assert write_csv(tmp_path / "a.csv", with_segments()).rows == 0
    assert read_csv(tmp_path / "a.csv") == ()


def test_one_action_head_fills_label_and_its_id(tmp_path: Path) -> None:
    schema = LabelSchema((LabelHead("action", (LabelClass(5, "pour water"),)),))
    segment = Segment("s", TimeSpan(0, 5), {"action": 5})
    (row,) = rows_of(tmp_path / "a.csv", replace(with_segments(segment), schema=schema))
    assert (row["label"], row["label_id"], row["verb"]) == ("pour water", "5", "")


def test_a_head_without_columns_of_its_own_gets_two_more(tmp_path: Path) -> None:
    schema = LabelSchema((VERB, NOUN, LabelHead("hand", (LabelClass(2, "both"),))))
    segment = Segment("s", TimeSpan(0, 5), {"verb": 0, "hand": 2})
    project = replace(with_segments(segment), schema=schema)
    (row,) = rows_of(tmp_path / "a.csv", project)
    assert list(row) == [*COLUMNS, "label:hand", "label_id:hand"]
    assert (row["label"], row["label:hand"], row["label_id:hand"]) == (
        "move left both",
        "both",
        "2",
    )
    assert dict(read_csv(tmp_path / "a.csv")[0]) == row


def test_without_a_frame_index_frames_stay_empty_and_times_do_not(tmp_path: Path) -> None:
    row = rows_of(tmp_path / "a.csv")[0]
    assert (row["start_frame"], row["stop_frame"]) == ("", "")
    assert row["stop_time_s"] == "0.400000"


def test_the_index_of_another_file_is_not_used(tmp_path: Path) -> None:
    other = replace(INDEX, timebase=Fraction(1, 90_000))
    row = rows_of(tmp_path / "a.csv", indexes={"v1": other})[0]
    assert (row["start_frame"], row["stop_frame"]) == ("", "")


def test_a_video_that_was_never_read_has_times_but_no_frames(tmp_path: Path) -> None:
    segment = Segment("s", TimeSpan(0, round(Fraction(3, 2) / UNSEEN_TICK)), {})
    track = Track("t2", "v2", "Actions", "ann", (segment,))
    (row,) = rows_of(tmp_path / "a.csv", replace(PROJECT, tracks=(track,)))
    assert (row["start_time_s"], row["stop_timestamp"]) == ("0.000000", "00:00:01.500")
    assert {row[name] for name in ("start_frame", "stop_frame", "fps_num", "n_frames")} == {""}


def test_what_the_index_knows_fills_in_for_the_video(tmp_path: Path) -> None:
    bare = replace(VIDEO, timebase=None, rate=None, n_frames=None)
    segment = Segment("s", TimeSpan(0, round(Fraction(2, 5) / UNSEEN_TICK)), {})
    track = Track("t1", "v1", "Actions", "ann", (segment,))
    project = replace(PROJECT, videos=(bare,), tracks=(track,))
    row = rows_of(tmp_path / "a.csv", project, indexes={"v1": INDEX})[0]
    assert (row["fps_num"], row["n_frames"], row["stop_time_s"]) == ("25", "50", "0.400000")
    assert (row["start_frame"], row["stop_frame"]) == ("0", "10")


def test_frames_of_a_variable_rate_come_from_the_index(tmp_path: Path) -> None:
    uneven = FrameIndex(
        np.array([100, 130, 400, 410]), np.ones(4, dtype=bool), Fraction(1, 12800), end_pts=500
    )
    segments = (
        Segment("a", TimeSpan(100, 400), {}),
        Segment("b", TimeSpan(400, 500), {}),
        Segment("c", TimeSpan(500, 500), {}),
    )
    found = rows_of(tmp_path / "a.csv", with_segments(*segments), indexes={"v1": uneven})
    assert [(row["start_frame"], row["stop_frame"]) for row in found] == [
        ("0", "2"),
        ("2", "4"),
        ("4", "4"),
    ]


def test_times_are_exact_and_rounded_only_once() -> None:
    assert seconds_text(Fraction(1, 3)) == "0.333333"
    assert seconds_text(Fraction(-1, 3)) == "-0.333333"
    assert seconds_text(Fraction(2**53 + 1)) == "9007199254740993.000000"
    assert seconds_text(Fraction(1, 2_000_000)) == "0.000000"
    assert seconds_text(Fraction(3, 2_000_000)) == "0.000002"
    assert timestamp_text(Fraction(3_599_999_6, 10_000)) == "01:00:00.000"
    assert timestamp_text(Fraction(360_000)) == "100:00:00.000"
    assert timestamp_text(Fraction(-3, 2)) == "-00:00:01.500"


def test_lines_end_as_the_standard_says(tmp_path: Path) -> None:
    write_rows(tmp_path / "a.csv", [{"comment": 'a "b", c\nd'}])
    data = (tmp_path / "a.csv").read_bytes()
    assert data.endswith(b"\r\n")
    assert b'"a ""b"", c\nd"' in data
    assert not data.startswith(b"\xef\xbb\xbf")


def test_a_formula_is_defused_in_text_and_numbers_stay_numbers(tmp_path: Path) -> None:
    write_rows(tmp_path / "a.csv", [{"comment": "=1+1", "start_time_s": "-0.500000"}])
    line = (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()[1]
    assert ",'=1+1," in line
    assert ",-0.500000," in line


def test_a_number_column_takes_numbers_only(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        write_rows(tmp_path / "a.csv", [{"start_frame": "=cmd"}])
    with pytest.raises(ValueError, match="cells without a column"):
        write_rows(tmp_path / "a.csv", [{"nonsense": ""}])
    assert list(tmp_path.iterdir()) == []


def test_a_broken_character_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("old")
    project = with_segments(Segment("s", TimeSpan(0, 5), {}, note="\ud800"))
    with pytest.raises(ExportError, match=r"column “comment”.*no file can store.*export again"):
        write_csv(tmp_path / "a.csv", project)
    assert (tmp_path / "a.csv").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_nul_is_refused_before_it_makes_the_file_unreadable(tmp_path: Path) -> None:
    project = with_segments(Segment("s", TimeSpan(0, 5), {}, note="a\0b"))
    with pytest.raises(ExportError, match=r"holds a NUL character.*or export as JSON"):
        write_csv(tmp_path / "a.csv", project)
    assert list(tmp_path.iterdir()) == []


TEXT_COLUMNS = [name for name in COLUMNS if name not in NUMBER_COLUMNS]
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")) | st.builds(
    str.__add__,
    st.sampled_from(["=", "'=", "\t", "\r", "\r\n", '"', ",", "＝", " +", "''@", "\ufeff"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
)
rows = st.fixed_dictionaries(
    {
        **dict.fromkeys(TEXT_COLUMNS, st.just("")),
        **dict.fromkeys(NUMBER_COLUMNS, st.sampled_from(["", "0", "-1.500000", "-00:00:01.000"])),
        **dict.fromkeys(("segment_id", "comment", "label", "top5", "modified_at"), texts),
    }
)


@given(written=st.lists(rows, max_size=4))
def test_reading_gives_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, written: list[dict[str, str]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "round-trip.csv"
    assert write_rows(path, written).rows == len(written)
    assert list(read_csv(path)) == written


def test_a_very_long_note_comes_back(tmp_path: Path) -> None:
    written = {**dict.fromkeys(COLUMNS, ""), "comment": "x\n" * 200_000}
    write_rows(tmp_path / "a.csv", [written])
    assert read_csv(tmp_path / "a.csv") == (written,)


def test_a_file_with_a_mark_in_front_and_columns_of_others_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_rows(path, [{"comment": "hello", "mood": "=)"}], columns=(*COLUMNS, "mood"))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    (row,) = read_csv(path)
    assert (row["comment"], row["mood"]) == ("hello", "=)")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"a,b\r\n1,2\r\n", "lacks the column “segment_id”"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (",".join(COLUMNS).encode() + b"\r\n1,2\r\n", "Row 1 .* has 2 cells"),
        (",".join((*COLUMNS, "label")).encode() + b"\r\n", "names a column twice"),
        (",".join(COLUMNS).encode() + b'\r\n"open', "not a CSV file that can be read"),
    ],
)
def test_what_is_not_such_a_file_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(ExportError, match=sentence):
        read_csv(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="could not be read: No such file"):
        read_csv(tmp_path / "none.csv")


@posix_only
def test_a_full_disk_leaves_the_previous_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    many = [{"comment": "x" * 1_000}] * 1_000
    with full_disk(100_000), pytest.raises(ExportError, match="the disk is full"):
        write_rows(path, many)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_export_that_breaks_off_leaves_the_previous_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")

    def breaking() -> Iterator[Row]:
        yield from [{"comment": "x" * 100_000}] * 3
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        write_rows(path, breaking())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_of_that_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(ExportError, match="there is a folder of that name"):
        write_csv(tmp_path / "a.csv", PROJECT)
    assert list(tmp_path.iterdir()) == [tmp_path / "a.csv"]


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="there is no folder"):
        write_csv(tmp_path / "none" / "a.csv", PROJECT)
    (tmp_path / "file").write_text("old")
    with pytest.raises(ExportError, match="could not be written"):
        write_csv(tmp_path / "file" / "a.csv", PROJECT)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(sys.platform != "linux", reason="the folder of processes is Linux's")
def test_a_folder_that_takes_no_files_is_not_said_to_be_missing() -> None:
    with pytest.raises(ExportError, match=r"“/proc/a\.csv”.*its folder takes no new files"):
        write_csv(Path("/proc/a.csv"), PROJECT)


@posix_only
def test_a_place_that_may_not_be_written_is_refused(open_folder: Path) -> None:
    with unprivileged(), pytest.raises(ExportError, match="it may not be written"):
        write_csv(open_folder / "a.csv", PROJECT)
    assert list(open_folder.iterdir()) == []
