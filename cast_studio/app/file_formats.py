"""The file formats there are, as a window or a command offers them."""

from __future__ import annotations

from dataclasses import dataclass

from cast_studio.storage import formats


@dataclass(frozen=True, slots=True)
class FormatChoice:
    """One format of files of labels.

    Attributes:
        name: What the command line calls it.
        title: What a dialog calls it.
        suffix: The usual end of the file's name, with its dot.
        cannot_carry: What of a project is lost in it, as a sentence; "" for nothing.
        writes_predictions: Whether what models say can be written beside the labels.
    """

    name: str
    title: str
    suffix: str
    cannot_carry: str
    writes_predictions: bool


def format_choices() -> tuple[FormatChoice, ...]:
    """Return all formats, the project's own CSV first, then by their titles."""
    choices = (_choice(name) for name in formats.names())
    return tuple(sorted(choices, key=lambda choice: (choice.name != "csv", choice.title)))


def _choice(name: str) -> FormatChoice:
    found = formats.get(name)
    return FormatChoice(
        name, found.title, found.suffix, found.cannot_carry, found.writes_predictions
    )
