"""Keys as values: their names, presets, conflicts, resetting. No window."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema
from cast_studio.ui.commands import COMMANDS, Do
from cast_studio.ui.keys.class_keys import (
    class_key_problem,
    class_keys,
    first_keys,
    key_of_class,
    moved_keys,
    needs_labelling_mode,
)
from cast_studio.ui.keys.key_map import KeyMap, Taken
from cast_studio.ui.keys.key_names import canonical, is_single, may_act_while_typing
from cast_studio.ui.keys.presets import BORIS, EDITOR, ELAN, PRESETS, Preset, preset_named


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("i", "I"),
        ("Shift+Ctrl+z", "Ctrl+Shift+Z"),
        ("shift+?", "?"),
        ("Shift+Left", "Shift+Left"),
        ("Ctrl++", "Ctrl++"),
        ("+", "+"),
        ("Alt+Shift+[", "Alt+["),
        ("Delete", "Del"),
        ("Shift+Backtab", "Shift+Tab"),
        ("", ""),
    ],
)
def test_a_key_has_one_name(text: str, expected: str) -> None:
    assert canonical(text) == expected
    assert canonical(expected) == expected


def test_only_keys_that_type_and_edit_nothing_act_while_typing() -> None:
    for key in ("Ctrl+P", "F6", "Shift+F6", "Ctrl+Shift+P", "Meta+K", "Esc"):
        assert may_act_while_typing(key), key
    for key in ("P", "Shift+P", "?", "Alt+P", "Ctrl+Z", "Ctrl+A", "Ctrl+Alt+Q", "Space", "Tab"):
        assert not may_act_while_typing(key), key
    assert is_single("Shift+A")
    assert not is_single("Alt+A")


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_no_preset_gives_a_key_twice(preset: Preset) -> None:
    own = [canonical(key) for keys in preset.keys.values() for key in keys]
    assert [key for key, times in Counter(own).items() if times > 1] == []
    keys = KeyMap(preset.name)
    given_keys = [key for do in Do for key in keys.keys(do)]
    assert [key for key, times in Counter(given_keys).items() if times > 1] == []
    assert all(keys.keys(do) == tuple(map(canonical, own)) for do, own in preset.keys.items())


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_what_has_a_key_by_default_has_one_in_every_preset(preset: Preset) -> None:
    keys = KeyMap(preset.name)
    assert [c.do.name for c in COMMANDS if c.keys and not keys.keys(c.do)] == []


def test_the_editor_has_the_default_keys() -> None:
    keys = KeyMap()
    assert keys.preset is EDITOR
    for command in COMMANDS:
        assert keys.keys(command.do) == tuple(map(canonical, command.keys))
    assert keys.command_of("shift+?") is Do.CHEAT_SHEET
    assert keys.command_of("Ctrl+J") is None


def test_a_key_is_taken_from_whoever_has_it() -> None:
    keys, taken = KeyMap().assign(Do.PREDICT, ("s", "Ctrl+P", "F9"))
    assert keys.keys(Do.PREDICT) == ("S", "Ctrl+P")  # two are the most
    assert taken == (Taken("S", Do.SPLIT),)
    assert keys.keys(Do.SPLIT) == ()
    assert keys.changes == {"PREDICT": ("S", "Ctrl+P"), "SPLIT": ()}
    back, taken = keys.reset(Do.SPLIT)
    assert taken == (Taken("S", Do.PREDICT),)
    assert back.keys(Do.PREDICT) == ("Ctrl+P",)
    assert back == KeyMap()  # nothing differs any more
    assert keys.with_preset("editor") == KeyMap()


def test_what_the_user_chose_comes_before_the_preset() -> None:
    chosen = KeyMap("elan", {"SPLIT": ("Alt+N",)})
    assert chosen.keys(Do.SPLIT) == ("Alt+N",)
    assert chosen.keys(Do.LABEL_RANGE) == ("Return",)


def test_what_another_version_wrote_is_kept_and_harmless() -> None:
    keys = KeyMap("vim", {"TELEPORT": ("T",), "SPLIT": ("X", "X", "")})
    assert keys.preset is EDITOR
    assert keys.keys(Do.SPLIT) == ("X",)
    changed, _ = keys.assign(Do.MERGE, ("U",))
    assert changed.changes["TELEPORT"] == ("T",)
    assert changed.with_preset("boris").changes == {"TELEPORT": ("T",)}


def test_presets_are_what_their_users_know() -> None:
    boris, elan = KeyMap(BORIS.name), KeyMap(ELAN.name)
    assert boris.command_of("Ctrl+T") is Do.GO_TO
    assert boris.preset.letters_label
    assert elan.command_of("Ctrl+Space") is Do.PLAY_PAUSE
    assert elan.command_of("Ctrl+Left") is Do.PREVIOUS_FRAME
    assert elan.command_of("Shift+Space") is Do.PLAY_SEGMENT
    assert preset_named("elan") is ELAN


@given(
    st.lists(
        st.tuples(
            st.sampled_from(Do),
            st.lists(st.sampled_from(("I", "O", "S", "Ctrl+Z", "F9", "")), max_size=3),
        ),
        max_size=6,
    ),
    st.sampled_from(PRESETS),
)
def test_no_series_of_changes_gives_a_key_twice(
    steps: list[tuple[Do, list[str]]], preset: Preset
) -> None:
    keys = KeyMap(preset.name)
    for do, wanted in steps:
        before = keys
        keys, taken = keys.assign(do, wanted)
        assert set(filter(None, map(canonical, wanted[:2]))) <= set(keys.keys(do))
        for lost in taken:
            assert lost.key in before.keys(lost.do)
            assert lost.key not in keys.keys(lost.do)
    given_keys = [key for do in Do for key in keys.keys(do)]
    assert len(set(given_keys)) == len(given_keys)
    for do in Do:
        keys, _ = keys.reset(do)
    assert keys == KeyMap(preset.name)


def schema(*shortcuts: str | None) -> LabelSchema:
    verbs = tuple(LabelClass(i, f"v{i}", shortcut=key) for i, key in enumerate(shortcuts))
    return LabelSchema((LabelHead("verb", verbs), LabelHead("noun", (LabelClass(0, "mug"),))))


def test_digits_are_for_the_first_ten_and_letters_come_besides() -> None:
    given = schema(None, "g", None, "1", *[None] * 9)
    keys = class_keys(given)
    assert keys["G"] == ("verb", 1)
    assert keys["1"] == ("verb", 3)  # asked for, so the first class has none
    assert keys["3"] == ("verb", 2)
    assert keys["0"] == ("verb", 9)
    assert keys["2"] == ("verb", 1)  # its letter acts only while letters label
    assert "4" not in keys  # of the class that has the 1
    assert keys["Alt+1"] == ("noun", 0)
    assert ("verb", 11) not in keys.values()
    assert key_of_class(given, ("verb", 1)) == first_keys(given)["verb", 1] == "G"
    assert key_of_class(given, ("verb", 1), letters_label=False) == "2"
    assert key_of_class(schema(None), ("verb", 7)) == ""


def test_retired_classes_leave_their_digit_to_the_next() -> None:
    verbs = (LabelClass(0, "a", retired=True, shortcut="A"), LabelClass(1, "b"))
    assert class_keys(LabelSchema((LabelHead("verb", verbs),))) == {"1": ("verb", 1)}


def test_letters_wait_for_labelling_mode_and_digits_do_not() -> None:
    assert not needs_labelling_mode("1")
    assert not needs_labelling_mode("Alt+0")
    assert needs_labelling_mode("G")
    assert needs_labelling_mode("F5")


@pytest.mark.parametrize(
    ("key", "is_allowed"),
    [("g", True), ("7", True), ("Alt+7", True), ("F5", True), ("", True), ("Shift+G", True),
     ("Ctrl+G", False), ("Alt+G", False), ("Left", False), ("Tab", False), ("Space", False)],
)  # fmt: skip
def test_keys_of_classes_are_letters_and_digits(key: str, is_allowed: bool) -> None:
    assert (class_key_problem(key) == "") is is_allowed


def test_whose_keys_move_when_another_class_goes() -> None:
    def head(*classes: LabelClass) -> LabelSchema:
        return LabelSchema((LabelHead("verb", classes),))

    take, put, cut = (LabelClass(id=at, name=n) for at, n in enumerate(("take", "put", "cut")))
    own = replace(put, shortcut="g")
    assert moved_keys(head(take, own, cut), head(take, own, cut)) == ()
    retired = replace(take, retired=True)
    assert moved_keys(head(take, put, cut), head(retired, put, cut)) == (
        ("put", "2", "1"),
        ("cut", "3", "2"),
    )
    digit = replace(put, shortcut="9")
    assert moved_keys(head(take, digit, cut), head(retired, digit, cut)) == (("cut", "3", "2"),)
    assert moved_keys(head(take, own, cut), head(retired, own, cut)) == (
        ("put", "2", "1"),
        ("cut", "3", "2"),
    )
    # A key that was given or taken on purpose is told elsewhere, and so is a new class.
    assert moved_keys(head(take, put), head(take, own, cut)) == ()
