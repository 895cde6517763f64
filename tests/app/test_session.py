"""The session with real databases: every edit reaches the disk, in order, and none is lost."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cast_studio.app.session import Session
from cast_studio.app.videos import scan_video
from cast_studio.core.edits import (
    AddSegments,
    AddTrack,
    AnnotateSegment,
    ChangeSchema,
    RelabelSegments,
    RemoveTrack,
    RemoveVideo,
)
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Segment, Track
from cast_studio.errors import EditError, StoreError
from cast_studio.storage.store import ProjectStore
from tests.app.conftest import WAIT_MS


class Listener:
    """What a window would have heard."""

    def __init__(self, session: Session) -> None:
        self.changes: list[object] = []
        self.revisions: list[int] = []
        self.moments: list[datetime] = []
        self.failures: list[str] = []
        session.changed.connect(self.changes.append)
        session.saved.connect(self._on_saved)
        session.save_failed.connect(self.failures.append)

    def _on_saved(self, revision: int, moment: datetime) -> None:
        self.revisions.append(revision)
        self.moments.append(moment)


def add_segment(session: Session, start: int, end: int, *, segment_id: str = "") -> str:
    track = session.label_track("colors")
    assert track is not None
    segment = Segment(
        segment_id or session.new_id(), TimeSpan(start, end), {"verb": 0}, created_at=session.now()
    )
    session.do(AddSegments(track.id, (segment,)))
    return segment.id


def on_disk(folder: Path) -> ProjectStore:
    return ProjectStore.open(folder, read_only=True)


def test_an_edit_is_applied_at_once_and_then_saved(qtbot: QtBot, color_session: Session) -> None:
    session = color_session
    listener = Listener(session)
    with qtbot.waitSignal(session.saved, timeout=WAIT_MS):
        segment_id = add_segment(session, 0, 1000)
        assert session.project.has_segment(segment_id)
        assert len(listener.changes) == 1
        assert not session.is_saved
    qtbot.waitUntil(lambda: session.is_saved, timeout=WAIT_MS)
    assert listener.moments[-1].tzinfo is UTC
    with on_disk(session.folder) as store:
        assert store.load() == session.project


def test_what_was_done_is_there_after_reopening(color_session: Session) -> None:
    add_segment(color_session, 0, 1000, segment_id="first")
    color_session.do(AnnotateSegment("first", note="blurred", subject="left hand"))
    assert color_session.close().text == ""
    again = Session.open(color_session.folder, annotator="ada")
    try:
        assert again.project == color_session.project
        assert again.undo_text == "Change note"
        again.undo()
        assert again.project.segment("first")[1].note == ""
        again.undo()
        assert not again.project.has_segment("first")
        again.redo()
        again.redo()
        assert again.project == color_session.project
    finally:
        again.close()


def test_undo_and_redo_go_to_the_disk_too(color_session: Session) -> None:
    session = color_session
    before = session.project
    add_segment(session, 0, 1000)
    after = session.project
    assert (session.can_undo, session.undo_text) == (True, "Add segment")
    session.undo()
    assert session.project == before
    assert session.redo_text == "Add segment"
    assert session.flush(WAIT_MS)
    with on_disk(session.folder) as store:
        assert store.load() == before
        assert store.edits()[-1].description == "Undo: Add segment"
    session.redo()
    assert session.project == after
    assert session.flush(WAIT_MS)
    with on_disk(session.folder) as store:
        assert store.load() == after
        assert store.edits()[-1].annotator == "ada"


def test_undoing_everything_and_once_more_is_no_error(color_session: Session) -> None:
    while color_session.can_undo:
        color_session.undo()
    color_session.undo()
    assert color_session.project.videos == ()
    while color_session.can_redo:
        color_session.redo()
    color_session.redo()
    assert len(color_session.project.videos) == 1


def test_a_refused_edit_changes_nothing(color_session: Session) -> None:
    add_segment(color_session, 0, 1000)
    listener = Listener(color_session)
    before = color_session.project
    with pytest.raises(EditError, match="may not overlap"):
        add_segment(color_session, 500, 1500)
    assert color_session.project is before
    assert listener.changes == []


def test_an_edit_without_effect_is_no_step(color_session: Session) -> None:
    add_segment(color_session, 0, 1000, segment_id="first")
    text = color_session.undo_text
    changes = color_session.do(ChangeSchema(color_session.project.schema))
    assert changes.is_empty
    assert color_session.undo_text == text


def test_many_edits_are_saved_in_order(qtbot: QtBot, color_session: Session) -> None:
    listener = Listener(color_session)
    for i in range(50):
        add_segment(color_session, i * 100, i * 100 + 100)
    qtbot.waitUntil(lambda: color_session.is_saved, timeout=WAIT_MS)
    assert listener.revisions == sorted(listener.revisions)
    assert len(listener.revisions) >= 50
    with on_disk(color_session.folder) as store:
        assert store.load() == color_session.project


def test_an_edit_made_because_of_another_is_saved_behind_it(
    qtbot: QtBot, color_session: Session
) -> None:
    session = color_session

    def label_at_once(changes: object) -> None:
        session.changed.disconnect(label_at_once)
        session.do(RelabelSegments(("first",), {"noun": 1}, session.now()))

    session.changed.connect(label_at_once)
    add_segment(session, 0, 1000, segment_id="first")
    assert session.flush(WAIT_MS)
    with on_disk(session.folder) as store:
        assert store.load().segment("first")[1].labels == {"verb": 0, "noun": 1}


def test_what_cannot_be_saved_waits_and_is_saved_with_the_next_edit(
    qtbot: QtBot, color_session: Session, tmp_path: Path
) -> None:
    session = color_session
    assert session.flush(WAIT_MS)
    session.folder.rename(tmp_path / "away.cast")
    with qtbot.waitSignal(session.save_failed, timeout=WAIT_MS) as failed:
        add_segment(session, 0, 1000)
    assert failed.args is not None
    assert "moved or deleted" in failed.args[0]
    assert session.project.tracks[0].segments != ()
    assert session.unsaved_count == 1
    (tmp_path / "away.cast").rename(session.folder)
    add_segment(session, 2000, 3000)
    qtbot.waitUntil(lambda: session.is_saved, timeout=WAIT_MS)
    with on_disk(session.folder) as store:
        assert store.load() == session.project


def test_saving_can_be_tried_again_by_hand(
    qtbot: QtBot, color_session: Session, tmp_path: Path
) -> None:
    session = color_session
    assert session.flush(WAIT_MS)
    session.folder.rename(tmp_path / "away.cast")
    with qtbot.waitSignal(session.save_failed, timeout=WAIT_MS):
        add_segment(session, 0, 1000)
    assert not session.flush(WAIT_MS)
    (tmp_path / "away.cast").rename(session.folder)
    with qtbot.waitSignal(session.saved, timeout=WAIT_MS):
        session.retry_save()
    qtbot.waitUntil(lambda: session.is_saved, timeout=WAIT_MS)


def test_closing_reports_what_could_not_be_saved(
    qtbot: QtBot, color_session: Session, tmp_path: Path
) -> None:
    session = color_session
    assert session.flush(WAIT_MS)
    shutil.move(session.folder, tmp_path / "away.cast")
    add_segment(session, 0, 1000)
    add_segment(session, 2000, 3000)
    report = session.close()
    assert report.unsaved_count == 2
    assert report.text.startswith("2 edits are not saved.")
    assert "moved or deleted" in report.text
    assert session.close() == report


def test_closing_saves_what_is_waiting_and_makes_a_backup(color_session: Session) -> None:
    for i in range(20):
        add_segment(color_session, i * 100, i * 100 + 100)
    assert color_session.close().unsaved_count == 0
    with on_disk(color_session.folder) as store:
        assert store.load() == color_session.project
    assert list((color_session.folder / "backups").glob("*.db"))


def test_a_closed_project_cannot_be_edited(color_session: Session) -> None:
    color_session.close()
    with pytest.raises(EditError, match="closed"):
        add_segment(color_session, 0, 1000)


def test_a_second_window_can_only_read(qapp: object, color_session: Session) -> None:
    add_segment(color_session, 0, 1000)
    assert color_session.flush(WAIT_MS)
    second = Session.open(color_session.folder, annotator="bob")
    try:
        assert second.read_only
        assert "another window" in second.read_only_reason
        assert second.project == color_session.project
        with pytest.raises(EditError, match="another window"):
            second.do(RemoveVideo("colors"))
        with pytest.raises(EditError):
            second.undo()
        assert not second.can_undo
    finally:
        assert second.close().text == ""
    assert color_session.project.has_video("colors")


def test_the_first_window_can_be_opened_again_after_closing(color_session: Session) -> None:
    color_session.close()
    again = Session.open(color_session.folder)
    assert not again.read_only
    again.close()


def test_what_is_no_project_is_refused_with_a_sentence(qapp: object, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="gone"):
        Session.open(tmp_path / "gone.cast")


def test_a_video_is_kept_relative_to_the_project(color_session: Session, color_video: Path) -> None:
    video = color_session.project.video("colors")
    assert not Path(video.path).is_absolute()
    assert color_session.video_path("colors") == color_video


def test_a_project_that_moves_with_its_videos_finds_them(
    qapp: object, session: Session, tmp_path: Path, other_video: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(other_video, home / "a.mp4")
    moved = Session.create(home / "p.cast", name="p", schema=session.project.schema, annotator="")
    found = scan_video(home / "a.mp4", video_id="a")
    moved.add_video(found.video, found.index)
    moved.close()
    home.rename(tmp_path / "elsewhere")
    again = Session.open(tmp_path / "elsewhere" / "p.cast")
    assert again.video_path("a") == tmp_path / "elsewhere" / "a.mp4"
    assert again.video_path("a").is_file()
    again.close()


def test_the_frames_of_a_video_are_known_once_they_were_scanned(
    qtbot: QtBot, session: Session, other_video: Path
) -> None:
    found = scan_video(other_video, video_id="a")
    session.add_video(found.video)
    assert session.frame_index("a") is None
    with qtbot.waitSignal(session.frame_index_changed, timeout=WAIT_MS) as changed:
        session.set_frame_index("a", found.index)
    assert changed.args == ["a"]
    assert session.frame_index("a") == found.index
    assert dict(session.frame_indexes()) == {"a": found.index}


def test_a_new_video_comes_with_a_track_of_the_annotator(color_session: Session) -> None:
    track = color_session.label_track("colors")
    assert track is not None
    assert (track.name, track.annotator, track.exclusive) == ("Labels", "ada", True)
    color_session.annotator = "bob"
    assert color_session.label_track("colors") == track
    assert color_session.label_track("unknown") is None


def test_a_new_video_gets_the_tracks_of_the_annotator_that_most_videos_have(
    color_session: Session, color_video: Path
) -> None:
    session = color_session
    session.do(
        AddTrack(Track("hand", "colors", "Left hand", "ada", exclusive=False, position=1)),
        AddTrack(Track("other", "colors", "Second opinion", "bob", position=2)),
    )

    def added(name: str) -> list[tuple[str, str, bool, int]]:
        copy = Path(shutil.copy(color_video, color_video.with_name(name)))
        copy.write_bytes(copy.read_bytes() + name.encode())
        session.add_video(scan_video(copy, video_id=name).video)
        return [
            (t.name, t.annotator, t.exclusive, t.position) for t in session.project.tracks_of(name)
        ]

    usual, hand = ("Labels", "ada", True, 0), ("Left hand", "ada", False, 1)
    assert added("second.mp4") == [usual, hand]
    # Half of the videos are not most of them, and whoever has nothing in common has the usual.
    session.do(RemoveTrack(session.project.tracks_of("second.mp4")[1].id))
    assert added("third.mp4") == [usual]
    # In most of the videos that have it, labels may not overlap.
    for name in ("second.mp4", "third.mp4"):
        session.do(AddTrack(Track(f"hand of {name}", name, "Left hand", "ada", position=1)))
    assert added("fourth.mp4") == [usual, ("Left hand", "ada", True, 1)]
    session.annotator = "bob"
    assert added("fifth.mp4") == [("Labels", "bob", True, 0)]
    session.undo()
    assert not session.project.has_video("fifth.mp4")


def test_the_same_video_is_refused_the_second_time(
    color_session: Session, color_video: Path
) -> None:
    again = scan_video(color_video, video_id="other id")
    with pytest.raises(EditError, match="already"):
        color_session.add_video(replace(again.video, id="other id"), again.index)


def test_ids_and_moments_have_their_form(session: Session) -> None:
    first, second = session.new_id(), session.new_id()
    assert first != second
    assert len(first) == 32
    assert int(first, 16) >= 0
    assert datetime.strptime(session.now(), "%Y-%m-%dT%H:%M:%SZ")


def test_a_history_that_cannot_be_read_leaves_the_project_free(
    color_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = color_session.folder
    assert color_session.close().text == ""

    def fail(_store: ProjectStore, *, limit: int) -> None:
        raise StoreError(f"no {limit} edits")

    with monkeypatch.context() as patched:
        patched.setattr(ProjectStore, "edit_titles", fail)
        with pytest.raises(StoreError, match="no 2000 edits"):
            Session.open(folder)
    again = Session.open(folder)
    assert not again.read_only
    again.close()


def test_damaged_words_of_earlier_edits_do_not_withhold_the_labels(color_session: Session) -> None:
    add_segment(color_session, 0, 512)
    before, folder = color_session.project, color_session.folder
    assert color_session.close().text == ""
    with closing(sqlite3.connect(folder / "project.db")) as database:
        database.execute("DROP TRIGGER edits_are_never_changed")
        database.execute("UPDATE edits SET description = CAST(x'61ff' AS TEXT) WHERE revision > 1")
        database.commit()
    session = Session.open(folder, annotator="ada")
    assert session.project == before
    assert not session.can_undo
    add_segment(session, 512, 1024)
    assert session.can_undo
    assert session.close().text == ""
