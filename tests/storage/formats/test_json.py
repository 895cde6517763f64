from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings

from cast_studio.core.labels import LabelSchema
from cast_studio.core.project import FORMAT_VERSION, Project
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Segment, Track
from cast_studio.errors import CancelledError, ExportError, ImportFileError
from cast_studio.storage import formats
from cast_studio.storage.formats.json import LARGEST, read_project
from tests.core.strategies import projects
from tests.storage.examples import PROJECT, full_disk
from tests.storage.formats.import_examples import imported_into

JSON = formats.get("json")


def written(tmp_path: Path, project: Project) -> Path:
    path = tmp_path / "project.json"
    JSON.write(path, project)
    return path


@settings(max_examples=40)
@given(projects())
def test_what_is_read_is_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, project: Project
) -> None:
    path = written(tmp_path_factory.mktemp("json"), project)
    assert read_project(path) == project
    once = path.read_bytes()
    JSON.write(path, read_project(path))
    assert path.read_bytes() == once


def test_a_project_with_everything_comes_back(tmp_path: Path) -> None:
    segment = Segment(
        "s9",
        TimeSpan(-(2**53) - 1, 2**60),
        {"noun": 1},
        note="=1+1\r\n\x00\ud800 “ä” 😀",
        attributes={"=x": "\t", "": ""},
        score=0.1 + 0.2,
    )
    project = replace(PROJECT, tracks=(Track("t1", "v1", "A\nB", "", (segment,), False),))
    assert read_project(written(tmp_path, project)) == project
    assert read_project(written(tmp_path, PROJECT)) == PROJECT


def test_every_part_of_a_project_is_written(tmp_path: Path) -> None:
    found = json.loads(written(tmp_path, PROJECT).read_text("utf-8"))
    names = {"format_version": "cast_studio_project", "schema": "heads"}
    assert set(found) == {names.get(one.name, one.name) for one in fields(Project)}


def test_a_file_of_an_older_version_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, PROJECT)
    values = json.loads(path.read_text("utf-8"))
    values["cast_studio_project"] = 1
    del values["reviewed"]
    for video in values["videos"]:
        del video["note"]
    for track in values["tracks"]:
        del track["position"]
    path.write_text(json.dumps(values), "utf-8")
    assert read_project(path) == PROJECT


def test_one_changed_segment_is_one_changed_line(tmp_path: Path) -> None:
    before = written(tmp_path, PROJECT).read_text("utf-8").splitlines()
    track = PROJECT.track("t1")
    changed = replace(track.segments[0], note="other")
    after_project = replace(
        PROJECT, tracks=(replace(track, segments=(changed, track.segments[1])), PROJECT.tracks[1])
    )
    after = written(tmp_path, after_project).read_text("utf-8").splitlines()
    assert len(after) == len(before)
    assert sum(old != new for old, new in zip(before, after, strict=True)) == 1


def test_a_project_joins_another_one(tmp_path: Path) -> None:
    path = written(tmp_path, PROJECT)
    assert formats.recognize(path).name == "json"
    empty = Project(FORMAT_VERSION, "q", "Other", LabelSchema(()))
    project, report = imported_into(empty, path, "json")
    assert project.schema == PROJECT.schema
    assert project.videos == PROJECT.videos
    assert project.segment("s1")[1] == PROJECT.segment("s1")[1]
    assert report.new_videos == ("table.mp4", "unseen.mov")
    again, second = imported_into(project, path, "json")
    assert again is project
    assert (second.known, second.is_empty) == (2, True)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (('"cast_studio_project": ', '"cast_studio_project": 9'), "newer version of CAST Studio"),
        (('"id":"s1"', '"id":"s2"'), "have the same id|two segments"),
        (('"name": "Kitchen"', '"name": "Kitchen","name": "x"'), 'the field "name" twice'),
        (('"score":0.625', '"score":NaN'), "NaN is not a number"),
        (('"score":0.625', '"score":1e999'), "too large"),
        (('"score":0.625', '"score":1.5'), "the score 1.5, not one from 0 to 1"),
        (('"verb":3', '"verb":4'), "class 4"),
        (('"video_id":"v2"', '"video_id":"v3"'), "does not have"),
        (('"start_pts":5120,', '"start_pts":99999999999,'), "before it starts"),
        (('{"id":3,"name":"rotate"', '{"id":3000000000,"name":"rotate"'), "not below"),
        (('"n_frames":50', f'"n_frames":{2**63}'), "9223372036854775808 is too large"),
        *(
            (('"timebase":"1/12800"', f'"timebase":"{text}"'), "is not a fraction above 0")
            for text in ("1/0", "0/5", "-1/5", "1e99999999", "0.04")
        ),
        (('"tracks": [', '"tracks": 7, "x": ['), "must be a list"),
        (
            (
                '"reviewed": [',
                '"reviewed": [{"id":"r","video_id":"v1","start_pts":5,"end_pts":5,'
                '"annotator":"ada"}',
            ),
            "covers no time",
        ),
        (('"origin":"manual"', '"origin":"magic"'), "magic"),
    ],
)
def test_what_does_not_fit_is_refused_as_a_whole(
    tmp_path: Path, change: tuple[str, str], why: str
) -> None:
    path = written(tmp_path, PROJECT)
    text = path.read_text("utf-8")
    assert change[0] in text
    path.write_text(text.replace(change[0], change[1], 1), "utf-8")
    with pytest.raises(ImportFileError, match=why) as caught:
        read_project(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"{", b"[]", b"null", b'{"a": 1}', b"\xff\xfe{}"),
        *(b"[" * 100_000, b'{"a":' * 100_000),
        b'{"cast_studio_project": ' + b"9" * 5_000 + b"}",
    ],
    ids=lambda data: repr(data[:12]),
)
def test_other_files_are_refused_in_a_sentence(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "other.json"
    path.write_bytes(data)
    with pytest.raises(ImportFileError):
        read_project(path)


def test_a_field_that_comes_twice_among_thousands_is_found_at_once(tmp_path: Path) -> None:
    fields = ",".join(f'"k{number}":1' for number in range(200_000))
    path = tmp_path / "twice.json"
    path.write_text(f'{{{fields},"k199999":2}}', "utf-8")
    # Of the processor's time, which others at work do not take: square, it would be minutes.
    began = process_time()
    with pytest.raises(ImportFileError, match='has the field "k199999" twice'):
        read_project(path)
    assert process_time() - began < 10


def test_a_file_too_large_for_memory_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(ImportFileError, match="larger than 512 MiB"):
        read_project(path)


def test_writing_leaves_the_old_file_when_it_fails_or_is_stopped(tmp_path: Path) -> None:
    path = written(tmp_path, PROJECT)
    old = path.read_bytes()
    with full_disk(100), pytest.raises(ExportError, match="disk is full"):
        JSON.write(path, PROJECT)

    def stop(_done: int, _total: int) -> None:
        raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        JSON.write(path, PROJECT, tell=stop)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]
