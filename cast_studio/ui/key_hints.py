"""Sentences that name keys: those that the commands have now, or none."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from cast_studio.ui.actions import Actions
from cast_studio.ui.commands import Do

_LABELLING = (Do.MARK_IN, Do.MARK_OUT, Do.LABEL_RANGE)


def with_key(text: str, actions: Actions, do: Do) -> str:
    """Return a text with the key of a command in brackets, where it has one."""
    key = actions.key_text(do)
    return f"{text} ({key})" if key else text


def how_to_label(actions: Actions) -> str:
    """Return how a range is made and labelled on the timeline."""
    begin, end, label = map(actions.key_text, _LABELLING)
    if not (begin and end and label):
        return _tr("Drag here to mark a range, then label it.")
    words = _tr("Drag here to mark a range, or press {i} and {o}; then {enter} to label it.")
    return words.format(i=begin, o=end, enter=label)


def how_to_begin(actions: Actions) -> str:
    """Return what to do where there is neither a label nor a segment of the model."""
    begin, end, label = map(actions.key_text, _LABELLING)
    if not (begin and end and label):
        return _tr("Mark a range and label it. Or let the model make a first pass.")
    words = _tr(
        "Mark where something begins with {i} and where it ends with {o}, then press {enter} or "
        "the key of a class to label it. Or let the model make a first pass."
    )
    return words.format(i=begin, o=end, enter=label)


def how_to_predict(actions: Actions) -> str:
    """Return how the model is asked for its segments."""
    key = actions.key_text(Do.PREDICT)
    if not key:
        return _tr("Choose “Predict” to let the model make a first pass.")
    return _tr("Press {key} to let the model make a first pass.").format(key=key)


def how_to_play_faster(actions: Actions) -> str:
    """Return what the button of the speed is for, and the keys that change it."""
    named = [
        f"{key} {word}"
        for do, word in (
            (Do.SLOWER, _tr("slower")),
            (Do.STOP_PLAYING, _tr("pause")),
            (Do.FASTER, _tr("faster")),
        )
        if (key := actions.key_text(do))
    ]
    text = _tr("Playback speed")
    return f"{text} ({', '.join(named)})" if named else text


def _tr(text: str) -> str:
    return QCoreApplication.translate("KeyHints", text)
