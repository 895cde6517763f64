"""Keys as text, in the words of Qt's portable notation: ``Ctrl+Shift+Z``, ``I``, ``?``."""

from __future__ import annotations

import re
from typing import Final

_MODIFIERS: Final = ("Meta", "Ctrl", "Alt", "Shift")
_EDITING: Final = frozenset(
    (
        "Ctrl+A", "Ctrl+C", "Ctrl+V", "Ctrl+X", "Ctrl+Y", "Ctrl+Z", "Ctrl+Shift+Z",
        "Ctrl+Left", "Ctrl+Right", "Ctrl+Shift+Left", "Ctrl+Shift+Right", "Ctrl+Home", "Ctrl+End",
        "Ctrl+Backspace", "Ctrl+Del", "Ctrl+Ins", "Shift+Ins", "Shift+Del",
    )
)  # fmt: skip
"""What every text field does with these keys itself."""
_FUNCTION_KEY = re.compile(r"F\d{1,2}")
_OTHER_NAMES: Final = {"Delete": "Del", "Insert": "Ins", "Escape": "Esc", "Backtab": "Tab"}


def parts_of(text: str) -> tuple[frozenset[str], str]:
    """Return the modifiers and the key itself of a text such as ``Ctrl+Shift++``."""
    modifiers: set[str] = set()
    rest = text.strip()
    while True:
        name, plus, after = rest.partition("+")
        named = name.strip().capitalize()
        if not plus or not after or named not in _MODIFIERS:
            break
        modifiers.add(named)
        rest = after
    return frozenset(modifiers), rest.strip()


def canonical(text: str) -> str:
    """Return a key in the one form in which keys are compared.

    Modifiers come in a fixed order, letters in upper case. Shift is left out where it only makes the
    sign: ``Shift+?`` is ``?``.
    """
    modifiers, key = parts_of(text)
    if not key:
        return ""
    if len(key) == 1:
        key = key.upper()
        if not key.isalnum() and not key.isspace():
            modifiers -= {"Shift"}
    key = _OTHER_NAMES.get(key, key)
    return "+".join([*(name for name in _MODIFIERS if name in modifiers), key])


def is_single(text: str) -> bool:
    """Return whether a key is pressed alone, or with Shift only."""
    modifiers, _ = parts_of(text)
    return modifiers <= {"Shift"}


def may_act_while_typing(text: str) -> bool:
    """Return whether a key may do something else while a text field has the focus.

    Only keys with Ctrl or Meta, function keys, and Esc, which leaves the field; never those with
    which text is edited, nor Ctrl with Alt and a sign, which types one on many keyboards.
    """
    modifiers, key = parts_of(text)
    if canonical(text) in _EDITING:
        return False
    if canonical(text) == "Esc" or _FUNCTION_KEY.fullmatch(key):
        return True
    if {"Ctrl", "Alt"} <= modifiers and len(key) == 1:
        return False
    return bool(modifiers & {"Ctrl", "Meta"})
