from __future__ import annotations

import csv
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cast_studio.core.edits import (
    MergeSegments,
    RelabelSegments,
    RetimeSegment,
    SeeVideo,
    SplitSegment,
    apply,
)
from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema
from cast_studio.core.project import Project, VideoRef
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.core.tracks import Origin, Segment, Track
from cast_studio.errors import ExportError, ImportFileError
from cast_studio.storage import formats
from cast_studio.storage.formats.epic_frames import (
    frames_at_rate,
    official_names,
    rate_of,
    seconds_of,
    timestamp_of,
)
from cast_studio.storage.formats.epic_rows import COLUMNS
from tests.epic_files import write_epic_file
from tests.storage.formats.import_examples import imported_into, read

EMPTY = Project(1, "p", "Kitchen", LabelSchema(()))
HEADER = ",".join(COLUMNS)
ROW = (
    "P01_11_0,P01,P01_11,00:00:00.560,00:00:00.00,00:00:01.89,1,113,take plate,take,0,plate,2,"
    "['plate'],[2]"
)
TWO_NOUNS = (
    "P01_105_7,P01,P01_105,,00:00:03.37,00:01:04.00,168,3200,"
    '"put knife, then board:cutting",put-into,1,board:cutting,20,'
    "\"['board:cutting', 'knife']\",\"[20, 4]\""
)


def a_file(tmp_path: Path, *rows: str, header: str = HEADER) -> Path:
    path = tmp_path / "labels.csv"
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path


def exported(
    project: Project, tmp_path: Path, indexes: dict[str, FrameIndex] | None = None
) -> tuple[list[dict[str, str]], tuple[str, ...]]:
    path = tmp_path / "exported.csv"
    report = formats.get("epic").write(path, project, frame_indexes=indexes)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file)), report.notes


def test_a_row_becomes_a_segment_of_a_video_that_is_not_there(tmp_path: Path) -> None:
    project, report = imported_into(EMPTY, a_file(tmp_path, ROW, TWO_NOUNS), "epic")
    assert [video.path for video in project.videos] == ["P01_105.MP4", "P01_11.MP4"]
    track, segment = project.segment("P01_11_0")
    video = project.video(track.video_id)
    assert (track.name, track.exclusive, segment.origin) == (
        "EPIC-KITCHENS",
        True,
        Origin.IMPORTED,
    )
    assert segment.span.end * video.tick == Fraction("1.89")
    assert segment.labels == {"verb": 0, "noun": 2}
    assert project.schema.head("noun").class_with_id(20).name == official_names("noun")[20]
    # “put-into” is what was said; the class is 1, “put”.
    assert project.schema.head("verb").class_with_id(1).name == "put"
    assert (report.read, report.segments, report.refused_count) == (2, 2, 0)


def test_a_large_file_goes_in_and_out_byte_by_byte(tmp_path: Path) -> None:
    path = write_epic_file(tmp_path / "validation.csv", rows=1_500, seed=3)
    project, report = imported_into(EMPTY, path, "epic")
    assert (report.read, report.segments, report.refused_count) == (1_500, 1_500, 0)
    notes = " ".join(report.notes)
    assert re.search(r"frames do not follow from their times: 11;", notes)
    assert re.search(r"without narration_timestamp: 10;", notes)
    assert any(not track.exclusive for track in project.tracks)
    out = tmp_path / "out.csv"
    written = formats.get("epic").write(out, project)
    assert (written.rows, written.notes) == (1_500, ())
    assert out.read_bytes() == path.read_bytes()
    # Once more: nothing new.
    after, again = imported_into(project, out, "epic")
    assert after is project
    assert (again.known, again.segments) == (1_500, 0)


def test_other_ways_to_write_the_same_table_are_read(tmp_path: Path) -> None:
    plain, _ = imported_into(EMPTY, a_file(tmp_path, ROW, TWO_NOUNS), "epic")
    text = "\r\n".join((HEADER, ROW, TWO_NOUNS, ""))
    for data in (
        b"\xef\xbb\xbf" + text.encode(),
        text.encode("utf-16"),
        text.replace("\r\n", "\n").rstrip().encode(),
    ):
        path = tmp_path / "other.csv"
        path.write_bytes(data)
        assert formats.recognize(path).name == "epic"
        assert imported_into(EMPTY, path, "epic")[0].tracks == plain.tracks


def test_a_test_file_without_labels_is_read(tmp_path: Path) -> None:
    header = ",".join(COLUMNS[:8])
    path = a_file(tmp_path, ",".join(ROW.split(",")[:8]), header=header)
    project, _ = imported_into(EMPTY, path, "epic")
    assert project.segment("P01_11_0")[1].labels == {}
    (row,), _ = exported(project, tmp_path)
    assert row["start_frame"] == "1"
    assert row["verb"] == ""


def test_a_column_of_an_older_file_is_kept_and_told(tmp_path: Path) -> None:
    path = a_file(tmp_path, f"17,{ROW}", header=f"uid,{HEADER}")
    project, report = imported_into(EMPTY, path, "epic")
    assert project.segment("P01_11_0")[1].attributes["uid"] == "17"
    assert any("uid" in note for note in report.notes)
    rows, _ = exported(project, tmp_path)
    assert list(rows[0]) == list(COLUMNS)


def edited(tmp_path: Path, edit: object) -> dict[str, dict[str, str]]:
    project, _ = imported_into(EMPTY, a_file(tmp_path, ROW, TWO_NOUNS), "epic")
    after, _ = apply(project, edit)  # type: ignore[arg-type]
    return {row["narration_id"]: row for row in exported(after, tmp_path)[0]}


def test_a_relabelled_row_keeps_its_times_and_narration(tmp_path: Path) -> None:
    rows = edited(tmp_path, RelabelSegments(("P01_105_7",), {"noun": 2}))
    row = rows["P01_105_7"]
    assert (row["noun"], row["noun_class"]) == (official_names("noun")[2], "2")
    assert (row["all_nouns"], row["all_noun_classes"]) == ("['plate']", "[2]")
    # The times break the rule in this row; they are nobody's business here.
    assert (row["start_frame"], row["stop_frame"]) == ("168", "3200")
    assert (row["verb"], row["verb_class"]) == ("put-into", "1")
    assert row["narration"] == "put knife, then board:cutting"
    assert ",".join(rows["P01_11_0"].values()) == ROW


def test_a_retimed_row_keeps_its_label_and_follows_the_rule(tmp_path: Path) -> None:
    span = TimeSpan(*(round(Fraction(time) * 112_896_000_000) for time in ("4", "5.5")))
    row = edited(tmp_path, RetimeSegment("P01_105_7", span))["P01_105_7"]
    assert (row["start_timestamp"], row["stop_timestamp"]) == ("00:00:04.00", "00:00:05.50")
    assert (row["start_frame"], row["stop_frame"]) == ("200", "275")
    assert (row["all_nouns"], row["verb"]) == ("['board:cutting', 'knife']", "put-into")


def test_the_parts_of_a_split_row_have_ids_of_their_own(tmp_path: Path) -> None:
    cut = round(Fraction(10) * 112_896_000_000)
    rows = edited(tmp_path, SplitSegment("P01_105_7", cut, "second"))
    assert set(rows) == {"P01_11_0", "P01_105_7", "P01_105_0"}
    assert rows["P01_105_7"]["stop_timestamp"] == rows["P01_105_0"]["start_timestamp"]


def test_a_merged_row_is_written_anew(tmp_path: Path) -> None:
    second = ROW.replace("P01_11_0", "P01_11_1").replace("00:00:00.00", "00:00:01.89")
    second = second.replace("00:00:01.89,1", "00:00:02.50,1", 1).replace(
        "00:00:01.89,00:00:01.89", "00:00:01.89,00:00:02.50"
    )
    path = a_file(tmp_path, ROW, second)
    project, report = imported_into(EMPTY, path, "epic")
    assert report.refused_count == 0
    after, _ = apply(project, MergeSegments(("P01_11_0", "P01_11_1")))
    (row,), _ = exported(after, tmp_path)
    assert row["start_timestamp"] == "00:00:00.00"
    assert row["verb_class"] == "0"


def test_finding_the_video_changes_no_row(tmp_path: Path) -> None:
    path = a_file(tmp_path, ROW, TWO_NOUNS)
    project, _ = imported_into(EMPTY, path, "epic")
    index = FrameIndex(
        np.arange(6_000) * 1001, np.ones(6_000, bool), Fraction(1, 60_000), 6_006_000
    )
    for video in project.videos:
        project, _ = apply(project, SeeVideo.of(video.id, index))
    formats.get("epic").write(tmp_path / "out.csv", project)
    assert (tmp_path / "out.csv").read_bytes() == path.read_bytes()
    # What is changed after that is recognized as unchanged in time.
    relabelled, _ = apply(project, RelabelSegments(("P01_105_7",), {"verb": 0}))
    rows, _ = exported(relabelled, tmp_path)
    assert rows[1]["start_frame"] == "168"


INDEX = FrameIndex(np.arange(50) * 512, np.ones(50, bool), Fraction(1, 12_800), 25_600)
VERBS = LabelHead("verb", (LabelClass(0, "take"), LabelClass(5, "=dance")))
NOUNS = LabelHead("noun", (LabelClass(2, "plate"),))


def own_project(*segments: Segment, extra: tuple[LabelHead, ...] = ()) -> Project:
    video = VideoRef("v1", "clips/Table top.mp4", 7, "abc", Fraction(1, 12_800), rate=Fraction(25))
    return Project(
        1,
        "p",
        "Own",
        LabelSchema((VERBS, NOUNS, *extra)),
        (video,),
        (Track("t", "v1", "Labels", "ada", segments),),
    )


def test_labels_drawn_here_are_written_with_their_frames(tmp_path: Path) -> None:
    project = own_project(
        Segment("a", TimeSpan(0, 5_120), {"verb": 0, "noun": 2}),
        Segment("b", TimeSpan(5_120, 10_240), {"verb": 5}),
    )
    rows, notes = exported(project, tmp_path, {"v1": INDEX})
    assert list(rows[0].values()) == [
        *("Table top_0", "Table top", "Table top", "00:00:00.000", "00:00:00.00", "00:00:00.40"),
        *("1", "10", "take plate", "take", "0", "plate", "2", "['plate']", "[2]"),
    ]
    assert (rows[1]["start_frame"], rows[1]["stop_frame"], rows[1]["all_nouns"]) == (
        "11",
        "20",
        "[]",
    )
    assert notes == (
        "Rows with text that a spreadsheet would run as a formula: 1; written as it is.",
    )
    assert formats.get("epic").wants_frames_of(project) == {"v1"}


def test_what_cannot_be_carried_is_told(tmp_path: Path) -> None:
    hands = LabelHead("hand", (LabelClass(0, "left"),))
    project = own_project(Segment("a", TimeSpan(0, 512 * 3 + 1), {"hand": 0}), extra=(hands,))
    unseen = replace(project, videos=(replace(project.videos[0], timebase=None, rate=None),))
    rows, notes = exported(unseen, tmp_path)
    assert rows[0]["start_frame"] == ""
    assert [note.split(":")[0] for note in notes] == [
        "Not written",
        "Segments without verb and noun",
        "Segments rounded to a hundredth of a second",
        "Segments without frame numbers, because nobody has seen their video",
    ]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("00:00:00.00", "1.5"), "“1.5” in “start_timestamp” is not a time"),
        (("00:00:01.89", "00:61:01.89"), "“00:61:01.89” in “stop_timestamp” is not a time"),
        (("00:00:01.89", ""), "“” in “stop_timestamp” is not a time"),
        (("00:00:00.00", "00:00:09.00"), "it ends before it starts"),
        (("take,0", "take,-1"), "“-1” in “verb_class” is not the number"),
        (("plate,2", "plate,99999999999"), "“99999999999” in “noun_class” is not the number"),
        (("P01,P01_11", "P01,../../etc/passwd"), "“../../etc/passwd” is not the id of a video"),
        (("P01,P01_11", "P01,C:\\P01_11"), "is not the id of a video"),
        (("P01,P01_11", "P01,"), "“” is not the id of a video"),
        (("P01,P01_11", "P01,a..b"), "is not the id of a video"),
        (("[2]", "[2],more"), "it has 16 cells instead of 15"),
    ],
)
def test_a_bad_row_is_refused_alone(tmp_path: Path, change: tuple[str, str], why: str) -> None:
    path = a_file(tmp_path, TWO_NOUNS, ROW.replace(*change))
    project, report = imported_into(EMPTY, path, "epic")
    assert (report.segments, report.refused_count) == (1, 1)
    assert report.refusals()[0].startswith("Line 3: ")
    assert why in report.refusals()[0]
    assert [video.path for video in project.videos] == ["P01_105.MP4"]


def test_formulas_are_text_and_told(tmp_path: Path) -> None:
    path = a_file(tmp_path, ROW.replace("take plate", '"=HYPERLINK(""http://x"")"'))
    project, report = imported_into(EMPTY, path, "epic")
    assert project.segment("P01_11_0")[1].attributes["narration"] == '=HYPERLINK("http://x")'
    assert any("formula: 1; kept as text" in note for note in report.notes)
    formats.get("epic").write(tmp_path / "out.csv", project)
    assert (tmp_path / "out.csv").read_bytes() == path.read_bytes()


def test_line_ends_of_every_kind_in_a_cell_come_back(tmp_path: Path) -> None:
    rows = [ROW.replace("take plate", f'"take{end}plate"') for end in ("\r", "\n", "\r\n")]
    rows = [row.replace("P01_11_0", f"P01_11_{number}") for number, row in enumerate(rows)]
    path = tmp_path / "labels.csv"
    path.write_bytes("\n".join((HEADER, *rows, "")).encode())
    project, report = imported_into(EMPTY, path, "epic")
    assert (report.segments, report.refused_count) == (3, 0)
    formats.get("epic").write(tmp_path / "out.csv", project)
    assert (tmp_path / "out.csv").read_bytes() == path.read_bytes()


def test_a_nul_is_refused_before_it_makes_the_file_unreadable(tmp_path: Path) -> None:
    project, _ = imported_into(EMPTY, a_file(tmp_path, ROW), "epic")
    (track,) = project.tracks
    (segment,) = track.segments
    spoiled = replace(segment, attributes={**segment.attributes, "narration": "take\0plate"})
    with pytest.raises(ExportError, match="holds a NUL character"):
        formats.get("epic").write(
            tmp_path / "out.csv",
            replace(project, tracks=(replace(track, segments=(spoiled,)),)),
        )
    assert not (tmp_path / "out.csv").exists()


def test_another_table_is_refused(tmp_path: Path) -> None:
    path = a_file(tmp_path, "1,2", header="narration_id,start_timestamp")
    with pytest.raises(ImportFileError, match="lacks the column “video_id”"):
        read(path, "epic")


def test_times_and_rates_of_the_data_set() -> None:
    assert seconds_of("01:02:03.45") == Fraction("3723.45")
    assert seconds_of("00:00:60.00") is None
    assert timestamp_of(Fraction("3723.45")) == "01:02:03.45"
    assert timestamp_of(Fraction(-1)) == "00:00:00.00"
    assert (rate_of("P01_105"), rate_of("P01_11"), rate_of("table")) == (50, 60, None)
    assert frames_at_rate(Fraction("0.54"), Fraction("3.37"), 50) == (27, 168)
    assert frames_at_rate(Fraction(0), Fraction("3.37"), 60) == (1, 202)


_hundredths = st.tuples(st.integers(0, 400_000), st.integers(0, 9_000))


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(_hundredths, st.sampled_from((0, 5, None)), st.sampled_from((2, None))),
        max_size=6,
    ),
    st.booleans(),
)
def test_what_the_format_can_carry_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    drawn: list[tuple[tuple[int, int], int | None, int | None]],
    is_seen: bool,
) -> None:
    tmp_path = tmp_path_factory.mktemp("epic")
    tick = 128 if is_seen else 1_128_960_000
    segments = []
    for number, ((start, length), verb, noun) in enumerate(drawn):
        labels = {"verb": verb, "noun": noun}
        segments.append(
            Segment(
                f"Table top_{number}",
                TimeSpan(start * tick, (start + length) * tick),
                {head: class_id for head, class_id in labels.items() if class_id is not None},
            )
        )
    ordered = tuple(sorted(segments, key=lambda one: (one.span.start, one.span.end, one.id)))
    project = own_project()
    video = replace(project.videos[0], timebase=Fraction(1, 12_800) if is_seen else None)
    track = Track("t", "v1", "Labels", "ada", ordered, exclusive=False)
    project = replace(project, videos=(video,), tracks=(track,))
    formats.get("epic").write(tmp_path / "a.csv", project)
    bare = replace(project, tracks=())
    after, report = imported_into(bare, tmp_path / "a.csv", "epic")
    assert report.refused_count == 0
    found = [one for track in after.tracks for one in track.segments]
    assert [(one.span, one.labels) for one in found] == [(one.span, one.labels) for one in ordered]
    formats.get("epic").write(tmp_path / "b.csv", after)
    assert (tmp_path / "b.csv").read_bytes() == (tmp_path / "a.csv").read_bytes()
