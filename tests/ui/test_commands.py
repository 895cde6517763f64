"""The commands as data."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtGui import QKeySequence

from cast_studio.ui.commands import BY_DO, COMMANDS, MENUS, Command, Do, Need


def test_every_command_is_described_once() -> None:
    assert Counter(command.do for command in COMMANDS) == Counter(Do)


def test_no_key_means_two_things() -> None:
    keys = [
        QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)
        for command in COMMANDS
        for key in command.keys
    ]
    assert [key for key, times in Counter(keys).items() if times > 1] == []


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.do.name)
def test_words_keep_to_the_style(command: Command) -> None:
    assert command.menu in MENUS
    assert all(not QKeySequence(key).isEmpty() for key in command.keys)
    for text in (command.text, command.tip):
        assert "!" not in text
        assert text == text.strip()
    first, *others = command.text.rstrip("…").split()
    assert first[0].isupper()
    proper = {"CSV", "CAST", "Studio"}
    assert all(word.islower() for word in others if word not in proper)


@pytest.mark.parametrize(
    "keys",
    [
        "Space J K L Left Right , . Home End I O Return S M Del A E R H G [ ] Alt+[ Alt+] ?",
        "Shift+Left Shift+Right Ctrl+Left Ctrl+Right Tab Shift+Tab Ctrl+Z Ctrl+Shift+Z Shift+Space",
    ],
)
def test_the_promised_keys_are_there(keys: str) -> None:
    known = {key for command in COMMANDS for key in command.keys}
    assert set(keys.split()) <= known


def test_a_tooltip_names_the_key_and_what_is_missing() -> None:
    accept = BY_DO[Do.ACCEPT]
    everything = frozenset(Need)
    assert accept.tooltip("A", everything) == "Take the model's segment over as a label (A)"
    without = accept.tooltip("A", everything - {Need.PREDICTION})
    assert without.endswith("Not possible now: go to a segment of the model first.")
