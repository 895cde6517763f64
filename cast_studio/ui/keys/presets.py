"""Sets of keys for people who come from other programs, as differences from the default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cast_studio.ui.commands import Do
from cast_studio.ui.language import marked


@dataclass(frozen=True)
class Preset:
    """A set of keys.

    Attributes:
        name: By which it is remembered.
        title: What the user reads.
        detail: A sentence about whom it is for.
        keys: Of the commands that have others than by default.
        letters_label: Whether letters of classes label at once when it is chosen.
    """

    name: str
    title: str
    detail: str
    keys: Mapping[Do, tuple[str, ...]] = field(default_factory=dict)
    letters_label: bool = False


EDITOR: Final = Preset(
    "editor",
    marked("Editor (JKL)"),
    marked("As in film editing: J, K and L play, I and O mark, Enter labels."),
)

BORIS: Final = Preset(
    "boris",
    marked("BORIS-like"),
    marked(
        "A key for each behavior: press it when it begins and again when it ends. Up and Down jump "
        "ten seconds, Home and End change the speed, Ctrl+T jumps to a time."
    ),
    {
        Do.FORWARD_TEN: ("Up", "Ctrl+Right"),
        Do.BACK_TEN: ("Down", "Ctrl+Left"),
        Do.FASTER: ("Home", "L"),
        Do.SLOWER: ("End", "J"),
        Do.TO_START: ("Ctrl+Home",),
        Do.TO_END: ("Ctrl+End",),
        Do.GO_TO: ("Ctrl+T", "G"),
        Do.NEXT_VIDEO: ("PgUp",),
        Do.PREVIOUS_VIDEO: ("PgDown",),
        Do.RETRAIN: ("Ctrl+Alt+T",),
        Do.DELETE: ("Del",),
    },
    letters_label=True,
)

ELAN: Final = Preset(
    "elan",
    marked("ELAN-like"),
    marked(
        "Ctrl+Space plays, Ctrl with the arrows steps by frame, Alt+N labels the range, Alt+M "
        "changes a label, Alt+D deletes it, Alt with the arrows goes from label to label."
    ),
    {
        Do.PLAY_PAUSE: ("Ctrl+Space", "Space"),
        Do.NEXT_FRAME: ("Ctrl+Right", "Right"),
        Do.PREVIOUS_FRAME: ("Ctrl+Left", "Left"),
        Do.FORWARD_TEN: ("Ctrl+Shift+Right",),
        Do.BACK_TEN: ("Ctrl+Shift+Left",),
        Do.LABEL_RANGE: ("Alt+N", "Return"),
        Do.EDIT_LABEL: ("Alt+M", "E"),
        Do.MUTE: ("Ctrl+Shift+M",),
        Do.DELETE: ("Alt+D", "Del"),
        Do.NEXT_SEGMENT: ("Alt+Right", "Tab"),
        Do.PREVIOUS_SEGMENT: ("Alt+Left", "Shift+Tab"),
    },
)

PRESETS: Final = (EDITOR, BORIS, ELAN)


def preset_named(name: str) -> Preset:
    """Return a preset by its name; the default one for a name that nobody knows."""
    return next((preset for preset in PRESETS if preset.name == name), EDITOR)
