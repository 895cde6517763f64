"""The sample project: a copy of the user's own, made once, with corrections as ordinary edits."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from cast_studio.app.preferences import AppFolders
from cast_studio.app.samples import (
    apply_corrections,
    open_sample,
    read_sample,
    sample_source,
    true_segments,
)
from cast_studio.app.videos import scan_unknown_videos
from cast_studio.errors import EditError, MediaError, StoreError
from cast_studio.resource_files import resource_path


@pytest.fixture
def source(tmp_path: Path, numbered_video: Path, other_video: Path) -> Path:
    """A bundled sample of two videos, one to learn from and one to measure with."""
    folder = tmp_path / "bundled" / "table"
    (folder / "videos").mkdir(parents=True)
    shutil.copy(numbered_video, folder / "videos" / "a.mp4")
    shutil.copy(other_video, folder / "videos" / "b.mp4")
    description = {
        "schema": {"verb": ["rise", "fall"], "noun": ["cup", "ring", "key"]},
        "videos": [
            {
                "file": "a.mp4",
                "role": "train",
                "segments": [
                    {"start_frame": 0, "stop_frame": 12, "verb": "rise", "noun": "key"},
                    {"start_frame": 24, "stop_frame": 48, "verb": "fall", "noun": "cup"},
                ],
            },
            {
                "file": "b.mp4",
                "role": "heldout",
                "segments": [{"start_frame": 0, "stop_frame": 12, "verb": "fall", "noun": "key"}],
            },
        ],
    }
    (folder / "sample.json").write_text(json.dumps(description))
    return folder


@pytest.fixture
def folders(tmp_path: Path) -> AppFolders:
    return AppFolders.below(tmp_path / "home")


def test_the_copy_holds_the_videos_and_no_labels(
    qapp: object, source: Path, folders: AppFolders
) -> None:
    session = open_sample(folders, annotator="ada", source=source)
    assert session.folder == folders.data / "samples" / "table" / "table.cast"
    assert [video.name for video in session.project.videos] == ["a.mp4", "b.mp4"]
    for video in session.project.videos:
        assert session.video_path(video.id).parent == folders.data / "samples" / "table" / "videos"
        assert session.video_path(video.id).is_file()
    assert all(track.segments == () for track in session.project.tracks)
    assert [found.name for found in session.project.schema.head("noun").classes] == [
        "cup",
        "ring",
        "key",
    ]
    session.close()
    assert [path.name for path in (folders.data / "samples").iterdir()] == ["table"]


def test_corrections_label_the_videos_to_learn_from(
    qapp: object, source: Path, folders: AppFolders
) -> None:
    session = open_sample(folders, annotator="ada", source=source)
    scan_unknown_videos(session)
    sample = read_sample(source)
    assert apply_corrections(session, sample) == 2
    first, second = session.project.videos
    (track,) = session.project.tracks_of(first.id)
    index = session.frame_index(first.id)
    assert index is not None
    assert [found.span for found in track.segments] == [
        index.span_of_frames(0, 12),
        index.span_of_frames(24, 48),
    ]
    assert [dict(found.labels) for found in track.segments] == [
        {"verb": 0, "noun": 2},
        {"verb": 1, "noun": 0},
    ]
    assert all(not other.segments for other in session.project.tracks_of(second.id))
    with pytest.raises(EditError):
        apply_corrections(session, sample)
    session.undo()
    assert session.project.tracks_of(first.id)[0].segments == ()
    session.close()


def test_the_truth_of_a_held_out_video_is_known(
    qapp: object, source: Path, folders: AppFolders
) -> None:
    session = open_sample(folders, annotator="ada", source=source)
    described = read_sample(source).video("b.mp4")
    assert described is not None
    video = session.project.videos[1]
    with pytest.raises(StoreError, match="not known yet"):
        true_segments(session, video.id, described)
    scan_unknown_videos(session)
    (segment,) = true_segments(session, video.id, described)
    assert dict(segment.labels) == {"verb": 1, "noun": 2}
    session.close()


def test_the_copy_is_opened_again_with_what_was_done_in_it(
    qapp: object, source: Path, folders: AppFolders
) -> None:
    session = open_sample(folders, annotator="ada", source=source)
    scan_unknown_videos(session)
    apply_corrections(session, read_sample(source))
    session.close()
    again = open_sample(folders, annotator="ada", source=source)
    assert again.project == session.project
    again.close()


def test_a_folder_that_is_no_copy_any_more_is_left_alone(
    qapp: object, source: Path, folders: AppFolders
) -> None:
    mine = folders.data / "samples" / "table"
    mine.mkdir(parents=True)
    (mine / "notes.txt").write_text("mine")
    for _ in range(2):
        session = open_sample(folders, annotator="ada", source=source)
        assert session.folder.parent == folders.data / "samples" / "table 2"
        session.close()
    assert [path.name for path in mine.iterdir()] == ["notes.txt"]


def test_a_copy_that_cannot_be_made_leaves_nothing(
    qapp: object, source: Path, folders: AppFolders
) -> None:
    (source / "videos" / "b.mp4").write_text("damaged")
    with pytest.raises(MediaError, match=r"b\.mp4"):
        open_sample(folders, annotator="ada", source=source)
    assert list((folders.data / "samples").iterdir()) == []
    (source / "videos" / "b.mp4").unlink()
    with pytest.raises(StoreError, match="cannot be copied"):
        open_sample(folders, annotator="ada", source=source)
    assert list((folders.data / "samples").iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "{}",
        '{"schema": {"verb": ["a", "a"]}, "videos": []}',
        '{"schema": {"verb": ["a"]}, "videos": [{"file": "a", "role": "test", "segments": []}]}',
        '{"schema": {"verb": ["a"]}, "videos": [{"file": "a", "role": "train"}]}',
    ],
)
def test_a_damaged_description_is_told(source: Path, text: str) -> None:
    (source / "sample.json").write_text(text)
    with pytest.raises(StoreError, match="install CAST Studio again"):
        read_sample(source)


def test_a_sample_that_is_not_installed_is_told() -> None:
    with pytest.raises(StoreError, match="no such sample"):
        sample_source("no such sample")


def test_a_schema_as_projects_write_it_is_read_too(source: Path) -> None:
    description = json.loads((source / "sample.json").read_text())
    schema = read_sample(source).schema
    description["schema"] = schema.to_json()
    (source / "sample.json").write_text(json.dumps(description))
    assert read_sample(source).schema == schema


def test_the_bundled_sample_can_be_opened(qapp: object, folders: AppFolders) -> None:
    try:
        bundled = resource_path("samples/tabletop")
    except FileNotFoundError:
        pytest.fail("resources/samples/tabletop is missing")
    sample = read_sample(bundled)
    session = open_sample(folders, annotator="ada")
    assert {video.name for video in session.project.videos} == {
        video.file for video in sample.videos
    }
    scan_unknown_videos(session)
    assert apply_corrections(session, sample) > 0
    session.close()
