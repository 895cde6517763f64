"""Which needs of the commands hold at this moment."""

from __future__ import annotations

from cast_studio.ui.commands import Need
from cast_studio.ui.model_controller import ModelState
from cast_studio.ui.studio import Studio


def met_needs(studio: Studio) -> frozenset[Need]:
    """Return the needs that hold, read from the state of the program."""
    session, state = studio.session, studio.state
    is_training = studio.training.is_running
    current = studio.annotations.current
    holds = {
        Need.PROJECT: session is not None,
        Need.WRITABLE: session is not None and not session.read_only,
        Need.VIDEO: bool(state.video_id) and state.frames is not None,
        Need.SEGMENT: current.segment is not None,
        Need.PREDICTION: current.prediction is not None,
        Need.CONTENT: current.span is not None,
        Need.RANGE: state.marked is not None,
        Need.NEIGHBOR: studio.segments.next_label is not None,
        Need.TARGET: current.span is not None or state.marked is not None,
        Need.LABELLED: bool(studio.annotations.habits.latest),
        Need.MODEL: studio.models.state is ModelState.READY,
        Need.MISSING: bool(studio.missing.ids),
        Need.NOT_IMPORTING: not studio.imports.is_busy,
        Need.NOT_EXPORTING: not studio.exports.is_busy,
        Need.NOT_OPENING_SAMPLE: not studio.sample.is_busy,
        Need.NOT_PREDICTING: not studio.models.is_predicting,
        Need.NOT_TRAINING: not is_training,
        Need.TRAINING: is_training,
        Need.TRACKS: len(studio.tracks.all_tracks) > 1,
        Need.HIDDEN: len(studio.tracks.shown_tracks) < len(studio.tracks.all_tracks),
        Need.CAN_UNDO: session is not None and session.can_undo,
        Need.CAN_REDO: session is not None and session.can_redo,
    }
    return frozenset(need for need, is_met in holds.items() if is_met)
