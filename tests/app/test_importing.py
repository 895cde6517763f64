"""Labels from files into a session: paths that are followed or not, cancel, undo, found videos."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cast_studio.app.importing import (
    Importer,
    ImportRequest,
    PreparedImport,
    apply_import,
    make_project_of,
    prepare_import,
    project_for_import,
)
from cast_studio.app.progress import stoppable
from cast_studio.app.session import Session
from cast_studio.app.videos import scan_video
from cast_studio.core.edits import ChangeSchema, RemoveVideo, RestoreProject
from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema
from cast_studio.core.timing import FrameIndex
from cast_studio.errors import CancelledError, EditError, ExportError, ImportFileError
from cast_studio.storage import formats
from cast_studio.storage.store import ProjectStore
from tests import videos
from tests.app.conftest import WAIT_MS
from tests.epic_files import write_epic_file
from tests.storage.examples import PROJECT


@pytest.fixture
def session(qapp: QApplication, tmp_path: Path):  # type: ignore[no-untyped-def]  # noqa: ANN201
    made = Session.create(
        tmp_path / "own.cast", name="own", schema=LabelSchema(()), annotator="ada"
    )
    yield made
    made.close()


@pytest.fixture
def epic_file(tmp_path: Path) -> Path:
    return write_epic_file(tmp_path / "epic.csv", rows=200)


def prepared(session: Session, path: Path, format_name: str = "") -> PreparedImport:
    return prepare_import(ImportRequest(path, session.project, session.folder, format_name))


def reopened(session: Session) -> Session:
    assert session.close().text == ""
    return Session.open(session.folder, annotator="ada")


def test_an_import_is_one_step_that_is_on_disk_and_can_be_undone(
    session: Session, epic_file: Path
) -> None:
    before = session.project
    apply_import(session, prepared(session, epic_file))
    assert session.undo_text == "Import 200 segments"
    after = session.project
    session.undo()
    assert session.project == before
    session.redo()
    assert session.project == after
    again = reopened(session)
    assert again.project == after
    again.close()


def test_importing_twice_changes_nothing(session: Session, epic_file: Path) -> None:
    apply_import(session, prepared(session, epic_file, "epic"))
    second = prepared(session, epic_file)
    assert second.plan.edit is None
    assert apply_import(session, second).is_empty
    assert session.undo_text == "Import 200 segments"


def test_a_project_written_as_json_is_made_again(tmp_path: Path) -> None:
    formats.get("json").write(tmp_path / "a.json", PROJECT)
    folder = tmp_path / "again.cast"
    request = ImportRequest(tmp_path / "a.json", project_for_import(folder), folder)
    make_project_of(prepare_import(request), folder, annotator="ada")
    with ProjectStore.open(folder) as store:
        found = store.load()
    # The file and the project lie in different folders, so the same video has another path.
    assert {video.path for video in found.videos} == {
        "../videos/table.mp4",
        "../videos/unseen.mov",
    }
    assert (found.id, found.tracks, found.models) == (PROJECT.id, PROJECT.tracks, PROJECT.models)


def test_what_is_told_of_a_project_that_is_made_again_is_what_it_holds(tmp_path: Path) -> None:
    """A name that no import into another project would take is kept with the whole project."""
    name = "x" * 600
    heads = (
        LabelHead("verb", (LabelClass(0, name), LabelClass(3, "rotate"))),
        PROJECT.schema.heads[1],
    )
    formats.get("json").write(
        tmp_path / "a.json", replace(PROJECT, schema=LabelSchema(heads), models=())
    )
    folder = tmp_path / "again.cast"
    request = ImportRequest(tmp_path / "a.json", project_for_import(folder), folder, is_new=True)
    prepared = make_project_of(prepare_import(request), folder, annotator="ada")
    with ProjectStore.open(folder) as store:
        n_segments = sum(len(track.segments) for track in store.load().tracks)
    report = prepared.plan.report
    assert (report.segments, report.refused_count) == (n_segments, 0)
    assert (report.read, report.refusals()) == (n_segments, ())


PATHS = {
    "clips/a.mp4": "../clips/a.mp4",
    "/media/disk/b.mp4": "/media/disk/b.mp4",
    "../../secret.mp4": "secret.mp4",
    "clips/../../c.mp4": "c.mp4",
    "/etc/passwd": "passwd",
    "//server/share/d.mp4": "d.mp4",
    "\\\\server\\share\\e.mp4": "e.mp4",
    "C:\\clips\\f.mp4": "f.mp4",
    "http://example.org/g.mp4": "g.mp4",
    "a\nb.mp4": "ab.mp4",
    "elsewhere/../a.mp4": "a.mp4",
    "..": "video",
}


@pytest.mark.parametrize(("said", "kept"), PATHS.items())
def test_paths_that_lead_elsewhere_are_not_followed(
    session: Session, tmp_path: Path, said: str, kept: str
) -> None:
    path = tmp_path / "labels.csv"
    cell = f'"{said}"'
    path.write_text(f"video_path,label,start_time_s,stop_time_s\n{cell},x,0,1\n", "utf-8")
    found = prepared(session, path)
    apply_import(session, found)
    (video,) = session.project.videos
    located = session.video_path(video.id)
    is_followed = kept.startswith(("/", "../"))
    expected = Path(kept) if kept.startswith("/") else session.folder / kept
    assert located == Path(expected).resolve()
    assert any("not followed: 1" in note for note in found.plan.report.notes) != is_followed


def test_names_that_were_cut_short_stay_apart(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    rows = "../a/clip.mp4,x,0,1\n../b/clip.mp4,x,0,1\n"
    path.write_text(f"video_path,label,start_time_s,stop_time_s\n{rows}", "utf-8")
    apply_import(session, prepared(session, path))
    assert [video.path for video in session.project.videos] == ["clip-2.mp4", "clip.mp4"]


def test_a_video_beside_the_file_is_recognized(session: Session, tmp_path: Path) -> None:
    clip = videos.constant_rate(tmp_path / "P01_11.MP4", count=12)
    path = write_one_row(tmp_path)
    apply_import(session, prepared(session, path))
    (video,) = session.project.videos
    assert session.video_path(video.id) == clip
    scanned = scan_video(clip, video_id="x").video
    assert (video.fingerprint, video.size_bytes) == (scanned.fingerprint, scanned.size_bytes)
    assert video.timebase is None


def write_one_row(folder: Path) -> Path:
    path = folder / "one.csv"
    path.write_text(
        "narration_id,video_id,start_timestamp,stop_timestamp,verb,verb_class\n"
        "P01_11_0,P01_11,00:00:00.25,00:00:00.50,take,0\n",
        "utf-8",
    )
    return path


def test_a_found_video_moves_its_labels_and_is_no_step_of_its_own(
    session: Session, tmp_path: Path
) -> None:
    path = write_one_row(tmp_path)
    apply_import(session, prepared(session, path))
    imported = session.project
    clip = videos.constant_rate(tmp_path / "P01_11.MP4", count=24)
    index = scan_video(clip, video_id="x").index
    (video,) = imported.videos
    session.set_frame_index(video.id, index)
    (segment,) = session.project.tracks[0].segments
    assert session.project.video(video.id).timebase == index.timebase
    assert segment.span.start * index.timebase == Fraction(1, 4)
    assert session.undo_text == "Import 1 segment"
    seen = session.project
    session.undo()
    assert session.project.videos == ()
    session.redo()
    assert session.project == seen
    again = reopened(session)
    assert again.project == seen
    again.close()


COARSE = FrameIndex(np.arange(100), np.ones(100, bool), Fraction(1, 25), 100)

FINE = FrameIndex(np.arange(100) * 512, np.ones(100, bool), Fraction(1, 12_800), 51_200)


def write_two_rows(folder: Path) -> Path:
    path = folder / "labels.csv"
    rows = ("clip.avi,0.49,0.50", "clip.avi,0.50,0.90")
    path.write_text("\r\n".join(("video_path,start_time_s,stop_time_s", *rows)))
    return path


def test_a_video_that_counts_in_coarse_ticks_is_found_and_keeps_every_label(
    session: Session, tmp_path: Path
) -> None:
    apply_import(session, prepared(session, write_two_rows(tmp_path)))
    session.set_frame_index(session.project.videos[0].id, COARSE)
    (track,) = session.project.tracks
    assert [one.span.end for one in track.segments] == [12, 22]
    # What was done before was done to a track without overlaps.
    assert not session.can_undo
    again = reopened(session)
    assert again.project.tracks == (track,)
    again.close()


def test_who_may_only_read_sees_the_labels_of_a_found_video_in_their_place(
    session: Session, tmp_path: Path
) -> None:
    apply_import(session, prepared(session, write_two_rows(tmp_path)))
    assert session.flush()
    (video,) = session.project.videos
    reader = Session.open(session.folder)
    assert reader.read_only
    reader.set_frame_index(video.id, FINE)
    session.set_frame_index(video.id, FINE)
    assert reader.project == session.project
    assert reader.is_saved
    reader.close()


def test_a_video_that_comes_back_as_it_was_before_it_was_found_is_found_at_once(
    session: Session, tmp_path: Path
) -> None:
    apply_import(session, prepared(session, write_two_rows(tmp_path)))
    backup = session.project
    (video,) = backup.videos
    session.set_frame_index(video.id, FINE)
    found = session.project
    session.do(RemoveVideo(video.id))
    session.do(RestoreProject(backup, "12:03"))
    assert session.project == found
    session.undo()
    assert session.project.videos == ()
    # What was done to it before is in the ticks of its file, and must not be put there twice.
    assert not session.can_undo
    session.redo()
    assert session.project == found
    again = reopened(session)
    assert again.project == found
    again.close()


def test_a_plan_for_a_project_that_has_changed_is_refused(
    session: Session, epic_file: Path
) -> None:
    first, second = prepared(session, epic_file), prepared(session, epic_file)
    apply_import(session, first)
    before = session.project
    with pytest.raises(EditError, match="import again"):
        apply_import(session, second)
    assert session.project == before


def test_a_plan_with_classes_does_not_take_back_what_happened_to_others(
    session: Session, epic_file: Path
) -> None:
    verbs = LabelHead("verb", (LabelClass(900, "fold"),))
    session.do(ChangeSchema(LabelSchema((verbs,))))
    found = prepared(session, epic_file)
    renamed = LabelHead("verb", (LabelClass(900, "fold up", former_names=("fold",)),))
    session.do(ChangeSchema(LabelSchema((renamed,))))
    with pytest.raises(EditError, match="changed meanwhile; import again"):
        apply_import(session, found)
    apply_import(session, prepared(session, epic_file))
    assert session.project.schema.head("verb").class_with_id(900).name == "fold up"


def test_unknown_files_and_formats_are_refused(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(
        ImportFileError, match=r"no format that can be recognized \(csv, epic, json"
    ):
        prepared(session, path)
    with pytest.raises(ExportError, match="no export format"):
        prepared(session, path, "xls")


def test_work_is_stopped_when_it_tells_and_told_sparingly() -> None:
    stop, told = Event(), []
    tell = stoppable(stop, told.append)
    for step in range(1_000):
        tell(step, 1_000)
    tell(1_000, 1_000)
    assert told[-1] == 1.0
    assert len(told) < 10
    stop.set()
    with pytest.raises(CancelledError):
        tell(0, 1)


def test_reading_in_the_background_ends_in_a_report(
    qtbot: QtBot, session: Session, epic_file: Path
) -> None:
    importer = Importer()
    shares: list[float] = []
    importer.progressed.connect(shares.append)
    with qtbot.waitSignal(importer.prepared, timeout=WAIT_MS) as ended:
        importer.start(ImportRequest(epic_file, session.project, session.folder))
        assert importer.is_busy
    assert not importer.is_busy
    assert ended.args[0].plan.report.segments == 200
    assert shares == sorted(shares)
    assert session.project.videos == ()


def test_reading_in_the_background_can_be_stopped(
    qtbot: QtBot, session: Session, epic_file: Path
) -> None:
    importer = Importer()
    with qtbot.waitSignal(importer.cancelled, timeout=WAIT_MS):
        importer.start(ImportRequest(epic_file, session.project, session.folder))
        importer.cancel()
    with qtbot.waitSignal(importer.failed, timeout=WAIT_MS) as ended:
        importer.start(ImportRequest(epic_file.with_name("gone.csv"), session.project, Path()))
    assert "no such file" in ended.args[0]


def test_labels_travel_from_one_project_to_another(
    session: Session, tmp_path: Path, epic_file: Path
) -> None:
    """EPIC rows go through the own CSV and come out as they were."""
    apply_import(session, prepared(session, epic_file))
    formats.get("csv").write(tmp_path / "own.csv", session.project)
    other = Session.create(
        tmp_path / "other.cast", name="other", schema=LabelSchema(()), annotator="bob"
    )
    apply_import(other, prepared(other, tmp_path / "own.csv"))
    formats.get("epic").write(tmp_path / "back.csv", other.project)
    other.close()
    assert (tmp_path / "back.csv").read_bytes() == epic_file.read_bytes()


def test_json_is_the_same_text_after_a_journey(session: Session, tmp_path: Path) -> None:
    shutil.copy(write_one_row(tmp_path), tmp_path / "labels.csv")
    apply_import(session, prepared(session, tmp_path / "labels.csv"))
    formats.get("json").write(tmp_path / "a.json", session.project)
    assert json.loads((tmp_path / "a.json").read_text("utf-8"))["name"] == "own"
