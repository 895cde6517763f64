"""Sentences that name keys: those that the commands have now, or none."""

from __future__ import annotations

from cast_studio.core.labels import LabelSchema
from cast_studio.ui.actions import Actions, native
from cast_studio.ui.commands import Do
from cast_studio.ui.keys.class_keys import class_keys, needs_labelling_mode
from cast_studio.ui.language import translate

_MOST_KEYS = 30
_LABELLING = (Do.MARK_IN, Do.MARK_OUT, Do.LABEL_RANGE)


def with_key(text: str, actions: Actions, do: Do) -> str:
    """Return a text with the key of a command in brackets, where it has one."""
    key = actions.key_text(do)
    return f"{text} ({key})" if key else text


def how_to_label(actions: Actions) -> str:
    """Return how a range is made and labelled on the timeline."""
    begin, end, label = map(actions.key_text, _LABELLING)
    if not (begin and end and label):
        return translate("KeyHints", "Drag here to mark a range, then label it.")
    words = translate(
        "KeyHints", "Drag here to mark a range, or press {i} and {o}; then {enter} to label it."
    )
    return words.format(i=begin, o=end, enter=label)


def class_key_lines(schema: LabelSchema, *, letters_label: bool) -> str:
    """Return the keys that label now and their classes, a line for each; empty without any.

    Args:
        schema: Of the project.
        letters_label: Whether letters of classes label.
    """
    found = [
        f"{native(key)}  {schema.head(head).class_with_id(class_id).name}"
        for key, (head, class_id) in class_keys(schema).items()
        if letters_label or not needs_labelling_mode(key)
    ]
    return "\n".join(found[:_MOST_KEYS])


def how_to_begin(actions: Actions) -> str:
    """Return what to do where there is neither a label nor a segment of the model."""
    begin, end, label = map(actions.key_text, _LABELLING)
    if not (begin and end and label):
        return translate(
            "KeyHints", "Mark a range and label it. Or let the model make a first pass."
        )
    words = translate(
        "KeyHints",
        "Mark where something begins with {i} and where it ends with {o}, then press {enter} or "
        "the key of a class to label it. Or let the model make a first pass.",
    )
    return words.format(i=begin, o=end, enter=label)


def how_to_predict(actions: Actions) -> str:
    """Return how the model is asked for its segments."""
    key = actions.key_text(Do.PREDICT)
    if not key:
        return translate("KeyHints", "Choose “Predict” to let the model make a first pass.")
    return translate("KeyHints", "Press {key} to let the model make a first pass.").format(key=key)


def how_to_play_faster(actions: Actions) -> str:
    """Return what the button of the speed is for, and the keys that change it."""
    named = [
        f"{key} {word}"
        for do, word in (
            (Do.SLOWER, translate("KeyHints", "slower")),
            (Do.STOP_PLAYING, translate("KeyHints", "pause")),
            (Do.FASTER, translate("KeyHints", "faster")),
        )
        if (key := actions.key_text(do))
    ]
    text = translate("KeyHints", "Playback speed")
    return f"{text} ({', '.join(named)})" if named else text
