"""Reading labels out of the own CSV, written by the program or made by hand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema
from cast_studio.core.predictions import PredictionTrack
from cast_studio.core.project import Project
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Origin, Segment, Track, sort_key
from cast_studio.errors import ImportFileError
from cast_studio.storage import formats
from tests.core.strategies import projects
from tests.storage.examples import PROJECT
from tests.storage.formats.import_examples import imported_into, read, without_labels
from tests.storage.formats.test_csv import PREDICTIONS

CSV = formats.get("csv")
EMPTY = Project(1, "q", "Other", LabelSchema(()))


def a_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "labels.csv"
    path.write_bytes(text.encode())
    return path


def labels_of(project: Project) -> list[Segment]:
    """Return the segments with scores as the format keeps them."""
    return sorted(
        (
            replace(
                one,
                # The score that a corrected label took the place of is not in the file.
                score=None
                if one.score is None or one.origin is Origin.CORRECTED
                else round(one.score, 6),
            )
            for track in project.tracks
            for one in track.segments
        ),
        key=sort_key,
    )


@settings(max_examples=40)
@given(projects(), st.booleans())
def test_what_the_format_can_carry_comes_back(
    tmp_path_factory: pytest.TempPathFactory, project: Project, is_seen: bool
) -> None:
    if not is_seen:
        project = replace(
            project, videos=tuple(replace(video, timebase=None) for video in project.videos)
        )
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    CSV.write(path, project)
    after, report = imported_into(without_labels(project), path, "csv")
    assert report.refused_count == 0
    assert labels_of(after) == labels_of(project)
    names = {(track.video_id, track.name) for track in project.tracks if track.segments}
    assert {(track.video_id, track.name) for track in after.tracks} == names
    # In a project that knows nothing, times are the same in seconds.
    anew, _ = imported_into(EMPTY, path, "csv")
    assert _seconds(anew) == _seconds(project)


def _seconds(project: Project) -> dict[str, tuple[Fraction, Fraction]]:
    return {
        one.id: (one.span.start * tick, one.span.end * tick)
        for track in project.tracks
        for tick in (project.video(track.video_id).tick,)
        for one in track.segments
    }


_names = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=6).filter(
    lambda text: text.strip() and "\0" not in text
)


@settings(max_examples=40)
@given(st.lists(_names, min_size=1, max_size=4, unique=True), _names, st.integers(0, 15))
def test_heads_and_classes_of_any_name_come_back(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], class_name: str, which: int
) -> None:
    heads = ("action", "verb", "noun", *names)[: 3 + len(names)]
    used = [name for number, name in enumerate(dict.fromkeys(heads)) if which >> number & 1]
    schema = LabelSchema(
        tuple(LabelHead(name, (LabelClass(7, class_name),)) for name in dict.fromkeys(used))
    )
    segment = Segment("s", TimeSpan(0, 512), dict.fromkeys(used, 7))
    project = replace(
        PROJECT,
        schema=schema,
        models=(),
        tracks=(Track("t", "v1", class_name, class_name, (segment,)),),
    )
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    CSV.write(path, project)
    after, report = imported_into(without_labels(project), path, "csv")
    assert report.refusals() == ()
    assert after.schema == schema
    assert [track.segments for track in after.tracks] == [(segment,)]


def test_predictions_are_no_labels_and_told(tmp_path: Path) -> None:
    other = PredictionTrack("v2", "tiny", PREDICTIONS.heads, PREDICTIONS.predictions)
    CSV.write(tmp_path / "a.csv", PROJECT, predictions=(PREDICTIONS, other))
    _, report = imported_into(without_labels(PROJECT), tmp_path / "a.csv", "csv")
    assert (report.read, report.segments) == (4, 2)
    assert any("nobody accepted: 2" in note for note in report.notes)


def test_a_table_made_by_hand_is_enough(tmp_path: Path) -> None:
    text = "video_path;label;start_time_s;stop_time_s\nclips/a.mp4;wash hands;1.5;2\n\n"
    path = a_file(tmp_path, text)
    assert formats.recognize(path).name == "csv"
    project, report = imported_into(EMPTY, path, "csv")
    (segment,) = project.tracks[0].segments
    video = project.videos[0]
    assert (video.path, report.segments) == ("clips/a.mp4", 1)
    assert segment.span.start * video.tick == Fraction(3, 2)
    head = project.schema.head("action")
    assert head.class_with_id(segment.labels["action"]).name == "wash hands"
    assert segment.origin is Origin.IMPORTED


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("v1,a,1,2,3", "it has 5 cells instead of 4"),
        ("v1,a,=1+1,2", "“=1+1” in “start_time_s” is not a number of seconds"),
        ("v1,a,1e5,2", "is not a number of seconds"),
        ("v1,a,1,inf", "is not a number of seconds"),
        ("v1,a,3,2", "it ends before it starts"),
        (",a,1,2", "it says of no video"),
    ],
)
def test_a_bad_row_is_refused_alone(tmp_path: Path, row: str, why: str) -> None:
    text = f"video_id,label,start_time_s,stop_time_s\nv1,a,0,1\n{row}\nv1,a,1,2\n"
    _, report = imported_into(EMPTY, a_file(tmp_path, text), "csv")
    assert (report.segments, report.refused_count) == (2, 1)
    assert report.refusals()[0].startswith("Line 3: ")
    assert why in report.refusals()[0]


@pytest.mark.parametrize(
    ("column", "cell", "why"),
    [
        ("timebase", "1/0", "not a fraction"),
        ("timebase", "x", "not a fraction"),
        ("label_id", "1.5", "not a whole number"),
        ("score", "nan", "in “score” is not a number"),
        ("score", "2", "not between 0 and 1"),
        ("origin", "magic", "is none of"),
        ("attributes", "[1]", "not a JSON object of texts"),
        ("attributes", "{", "not a JSON object of texts"),
        ("attributes", "[" * 50_000, "not a JSON object of texts"),
    ],
)
def test_a_bad_cell_is_named(tmp_path: Path, column: str, cell: str, why: str) -> None:
    text = f'video_id,start_time_s,stop_time_s,label,{column}\nv1,0,1,a,"{cell}"\n'
    _, report = imported_into(EMPTY, a_file(tmp_path, text), "csv")
    assert why in report.refusals()[0]


def test_lines_are_counted_as_an_editor_does(tmp_path: Path) -> None:
    text = 'video_id,comment,start_time_s,stop_time_s\nv1,"two\nlines",0,1\nv1,,x,1\n'
    _, report = imported_into(EMPTY, a_file(tmp_path, text), "csv")
    assert report.refusals()[0].startswith("Line 4: ")


def test_another_table_is_refused(tmp_path: Path) -> None:
    path = a_file(tmp_path, "a,b\n1,2\n")
    with pytest.raises(ImportFileError, match="not a CSV file of CAST Studio"):
        read(path, "csv")
    with pytest.raises(ImportFileError, match="no format that can be recognized"):
        formats.recognize(path)


def test_columns_of_others_are_told_and_own_ones_are_not(tmp_path: Path) -> None:
    text = "video_path,label,start_time_s,stop_time_s,limp,label:mood,label_id:mood,=x\n"
    path = a_file(tmp_path, text + "a.mp4,run,1,2,left,calm,3,y\n")
    _, report = imported_into(EMPTY, path, "csv")
    assert (
        "Columns that this format does not have: 2 (“limp”, “=x”); what they hold is not taken over."
    ) in report.notes
    CSV.write(tmp_path / "own.csv", PROJECT)
    _, report = imported_into(without_labels(PROJECT), tmp_path / "own.csv", "csv")
    assert not any("Columns" in note for note in report.notes)
