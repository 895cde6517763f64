"""Predictions beside the project: kept, fetched, rejected, and turned into segments."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cast_studio.app.accepting import best_labels
from cast_studio.app.session import Session
from cast_studio.core.edits import AddSegments, ChangeSchema, ChooseStream, RelinkVideo
from cast_studio.core.labels import LabelHead, LabelSchema
from cast_studio.core.predictions import Prediction, PredictionTrack
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Origin, Segment
from cast_studio.errors import EditError
from tests.app.conftest import WAIT_MS
from tests.fakes import NOUN, SCHEMA, VERB, make_head

FIRST, SECOND = TimeSpan(0, 12_288), TimeSpan(12_288, 24_576)


def scores(head: LabelHead, position: int) -> np.ndarray:
    row = np.full(len(head.classes), 0.1, np.float32)
    row[position] = 0.8
    return row


def track_of(
    *positions: tuple[int, int],
    model_id: str = "m1",
    heads: tuple[LabelHead, ...] = SCHEMA.heads,
    video_id: str = "colors",
) -> PredictionTrack:
    spans = (FIRST, SECOND)
    predictions = tuple(
        Prediction(
            span, {head.name: scores(head, at) for head, at in zip(heads, best, strict=True)}
        )
        for span, best in zip(spans, positions, strict=False)
    )
    return PredictionTrack(video_id, model_id, heads, predictions)


def segments_of(session: Session) -> tuple[Segment, ...]:
    track = session.label_track("colors")
    assert track is not None
    return track.segments


def test_predictions_are_shown_and_are_no_part_of_the_project(
    qtbot: QtBot, color_session: Session
) -> None:
    before = color_session.project
    with qtbot.waitSignal(color_session.predictions_changed, timeout=WAIT_MS) as changed:
        color_session.set_prediction_track(track_of((0, 0)))
    assert changed.args == ["colors"]
    assert color_session.prediction_track("colors") == track_of((0, 0))
    assert color_session.prediction_tracks() == (track_of((0, 0)),)
    assert color_session.project is before


def test_predictions_come_back_with_the_project(qtbot: QtBot, color_session: Session) -> None:
    color_session.set_prediction_track(track_of((0, 0), (1, 1)))
    color_session.reject_prediction("colors", SECOND)
    color_session.close()
    again = Session.open(color_session.folder)
    assert again.prediction_track("colors") is None
    with qtbot.waitSignal(again.predictions_changed, timeout=WAIT_MS):
        again.set_current_model("m1")
    assert again.prediction_track("colors") == track_of((0, 0), (1, 1))
    assert again.rejected_predictions("colors") == {SECOND}
    again.close()


def test_each_model_has_its_own_predictions(qtbot: QtBot, color_session: Session) -> None:
    color_session.set_prediction_track(track_of((0, 0), model_id="m1"))
    color_session.set_prediction_track(track_of((1, 1), model_id="m2"))
    assert color_session.current_model_id == "m2"
    assert color_session.prediction_track("colors") == track_of((1, 1), model_id="m2")
    color_session.set_current_model("m1")
    assert color_session.prediction_track("colors") == track_of((0, 0), model_id="m1")
    color_session.set_current_model("m3")
    assert color_session.prediction_track("colors") is None


def test_kept_predictions_of_other_content_are_not_used(
    qtbot: QtBot, color_session: Session
) -> None:
    color_session.set_prediction_track(track_of((0, 0)))
    video = color_session.project.video("colors")
    color_session.do(RelinkVideo("colors", video.path, "another content", video.size_bytes))
    color_session.close()
    again = Session.open(color_session.folder)
    again.set_current_model("m1")
    again.close()
    qtbot.wait(1)
    assert again.prediction_track("colors") is None


def test_predictions_of_another_stream_are_neither_shown_nor_used(
    qtbot: QtBot, color_session: Session
) -> None:
    color_session.set_prediction_track(track_of((0, 0)))
    color_session.reject_prediction("colors", FIRST)
    frames = color_session.frame_index("colors")
    assert frames is not None
    color_session.do(ChooseStream("colors", 3, frames, (64, 48)))
    assert color_session.prediction_track("colors") is None
    assert color_session.rejected_predictions("colors") == frozenset()
    assert color_session.frame_index("colors") is None
    qtbot.waitUntil(lambda: not color_session.is_fetching_predictions, timeout=WAIT_MS)
    assert color_session.prediction_track("colors") is None
    color_session.undo()
    qtbot.waitUntil(
        lambda: color_session.prediction_track("colors") == track_of((0, 0)), timeout=WAIT_MS
    )
    assert color_session.rejected_predictions("colors") == {FIRST}


def test_a_new_prediction_takes_back_rejections_of_spans_that_are_gone(
    color_session: Session,
) -> None:
    color_session.set_prediction_track(track_of((0, 0), (1, 1)))
    color_session.reject_prediction("colors", FIRST)
    color_session.reject_prediction("colors", SECOND)
    color_session.set_prediction_track(track_of((0, 0)))
    assert color_session.rejected_predictions("colors") == {FIRST}


def test_a_rejected_prediction_can_be_restored(qtbot: QtBot, color_session: Session) -> None:
    color_session.set_prediction_track(track_of((0, 0)))
    with qtbot.waitSignal(color_session.predictions_changed, timeout=WAIT_MS):
        color_session.reject_prediction("colors", FIRST)
    color_session.restore_prediction("colors", FIRST)
    assert color_session.rejected_predictions("colors") == frozenset()


def test_rejecting_and_restoring_are_undone_in_turn_with_edits(color_session: Session) -> None:
    session = color_session
    session.set_prediction_track(track_of((0, 0), (1, 1)))
    session.reject_prediction("colors", FIRST)
    session.accept("colors", track_of((0, 0), (1, 1)).predictions[1:])
    assert session.undo_text == "Accept prediction"
    session.undo()
    assert session.undo_text == "Reject prediction"
    before = session.project
    session.undo()
    assert session.rejected_predictions("colors") == frozenset()
    assert session.project is before
    session.redo()
    assert session.rejected_predictions("colors") == {FIRST}
    session.restore_prediction("colors", FIRST)
    assert session.undo_text == "Restore prediction"
    session.undo()
    assert session.rejected_predictions("colors") == {FIRST}


def test_a_rejection_that_was_undone_is_so_after_reopening(
    qtbot: QtBot, color_session: Session
) -> None:
    color_session.set_prediction_track(track_of((0, 0), (1, 1)))
    before = color_session.undo_text
    color_session.reject_prediction("colors", FIRST)
    color_session.reject_prediction("colors", SECOND)
    color_session.undo()
    color_session.close()
    again = Session.open(color_session.folder)
    with qtbot.waitSignal(again.predictions_changed, timeout=WAIT_MS):
        again.set_current_model("m1")
    assert again.rejected_predictions("colors") == {FIRST}
    assert again.undo_text == before, "rejections are no edits of the project"
    again.close()


def test_a_rejection_is_undone_in_the_predictions_of_its_own_model(color_session: Session) -> None:
    color_session.set_prediction_track(track_of((0, 0)))
    color_session.reject_prediction("colors", FIRST)
    color_session.set_prediction_track(track_of((0, 0), model_id="m2"))
    color_session.undo()
    assert color_session.rejected_predictions("colors") == frozenset()
    color_session.set_current_model("m1")
    assert color_session.rejected_predictions("colors") == frozenset()


def test_what_is_rejected_twice_or_was_never_predicted_leaves_nothing_to_undo(
    color_session: Session,
) -> None:
    color_session.set_prediction_track(track_of((0, 0)))
    color_session.reject_prediction("colors", SECOND)
    color_session.reject_prediction("colors", FIRST)
    color_session.reject_prediction("colors", FIRST)
    color_session.undo()
    assert color_session.undo_text != "Reject prediction"
    assert color_session.rejected_predictions("colors") == frozenset()


def test_redoing_a_rejection_of_a_span_that_has_gone_changes_nothing(
    color_session: Session,
) -> None:
    color_session.set_prediction_track(track_of((0, 0), (1, 1)))
    color_session.reject_prediction("colors", SECOND)
    color_session.undo()
    color_session.set_prediction_track(track_of((0, 0)))
    color_session.redo()
    assert color_session.rejected_predictions("colors") == frozenset()


def test_predictions_that_cannot_be_kept_are_shown_all_the_same(
    qtbot: QtBot, color_session: Session
) -> None:
    (color_session.folder / "predictions").rmdir()
    (color_session.folder / "predictions").write_text("in the way")
    with qtbot.waitSignal(color_session.prediction_cache_failed, timeout=WAIT_MS) as failed:
        color_session.set_prediction_track(track_of((0, 0)))
    assert failed.args is not None
    assert "could not be kept" in failed.args[0]
    assert color_session.prediction_track("colors") is not None


def test_a_second_window_keeps_no_predictions(color_session: Session) -> None:
    assert color_session.flush(WAIT_MS)
    second = Session.open(color_session.folder)
    second.set_prediction_track(track_of((0, 0)))
    second.close()
    assert not list((color_session.folder / "predictions").rglob("*.npz"))


def test_predictions_of_unknown_videos_are_refused(color_session: Session) -> None:
    with pytest.raises(KeyError):
        color_session.set_prediction_track(track_of((0, 0), video_id="unknown"))


def test_accepting_makes_a_segment_of_the_best_classes(color_session: Session) -> None:
    found = track_of((2, 1))
    color_session.set_prediction_track(found)
    color_session.accept("colors", found.predictions)
    (segment,) = segments_of(color_session)
    assert segment.span == FIRST
    assert segment.labels == {"verb": 2, "noun": 1}
    assert segment.origin is Origin.ACCEPTED
    assert segment.model_id == "m1"
    assert segment.score == pytest.approx(0.64)
    assert segment.created_at
    assert color_session.undo_text == "Accept prediction"


def test_labels_equal_to_the_best_are_an_acceptance(color_session: Session) -> None:
    found = track_of((2, 1))
    color_session.set_prediction_track(found)
    color_session.accept("colors", found.predictions, labels={"verb": 2, "noun": 1})
    assert segments_of(color_session)[0].origin is Origin.ACCEPTED


def test_other_labels_are_a_correction(color_session: Session) -> None:
    found = track_of((2, 1))
    color_session.set_prediction_track(found)
    color_session.accept("colors", found.predictions, labels={"verb": 0, "noun": 1})
    (segment,) = segments_of(color_session)
    assert segment.origin is Origin.CORRECTED
    assert segment.labels == {"verb": 0, "noun": 1}
    assert segment.model_id == "m1"
    assert color_session.undo_text == "Correct prediction"


def test_several_are_accepted_in_one_step(color_session: Session) -> None:
    found = track_of((0, 0), (1, 1))
    color_session.set_prediction_track(found)
    color_session.accept("colors", found.predictions)
    assert len(segments_of(color_session)) == 2
    color_session.undo()
    assert segments_of(color_session) == ()


def test_accepting_replaces_what_lies_under_it(color_session: Session) -> None:
    track = color_session.label_track("colors")
    assert track is not None
    under = Segment("under", TimeSpan(6_000, 20_000), {"verb": 0})
    color_session.do(AddSegments(track.id, (under,)))
    found = track_of((1, 1))
    color_session.set_prediction_track(found)
    color_session.accept("colors", found.predictions)
    first, second = segments_of(color_session)
    assert first.span == FIRST
    assert second.span == TimeSpan(FIRST.end, 20_000)
    color_session.undo()
    with pytest.raises(EditError, match="may not overlap"):
        color_session.accept("colors", found.predictions, replace_overlapped=False)


def test_classes_are_matched_by_name_not_by_position(color_session: Session) -> None:
    heads = (make_head("verb", "cut", "take"), make_head("noun", "bread", "knife", first_id=7))
    found = track_of((0, 0), heads=heads)
    assert best_labels(found.predictions[0], found, SCHEMA) == {"verb": 2, "noun": 1}


def test_a_class_that_the_project_lacks_cannot_be_accepted(color_session: Session) -> None:
    heads = (make_head("verb", "juggle"), NOUN)
    found = track_of((0, 1), heads=heads)
    color_session.set_prediction_track(found)
    with pytest.raises(EditError, match="the verb “juggle”"):
        color_session.accept("colors", found.predictions)
    color_session.accept("colors", found.predictions, labels={"verb": 1, "noun": 1})
    assert segments_of(color_session)[0].origin is Origin.CORRECTED


def test_a_retired_class_cannot_be_accepted(color_session: Session) -> None:
    retired = tuple(
        type(found)(found.id, found.name, found.color, retired=found.name == "cut")
        for found in VERB.classes
    )
    color_session.do(ChangeSchema(LabelSchema((LabelHead("verb", retired), NOUN))))
    found = track_of((2, 1))
    color_session.set_prediction_track(found)
    with pytest.raises(EditError, match="cut"):
        color_session.accept("colors", found.predictions)


def test_a_model_with_other_heads_cannot_be_accepted(color_session: Session) -> None:
    heads = (make_head("action", "pour"),)
    found = track_of((0,), heads=heads)  # type: ignore[arg-type]
    color_session.set_prediction_track(found)
    with pytest.raises(EditError, match="“action”"):
        color_session.accept("colors", found.predictions)


def test_there_is_nothing_to_accept_before_a_prediction(color_session: Session) -> None:
    with pytest.raises(EditError, match="predict it first"):
        color_session.accept("colors", ())


def test_predictions_of_a_removed_video_are_not_listed(color_session: Session) -> None:
    color_session.set_prediction_track(track_of((0, 0)))
    color_session.undo()
    assert not color_session.project.has_video("colors")
    assert color_session.prediction_tracks() == ()
