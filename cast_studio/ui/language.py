"""How words of the window reach a translator.

In a class that is a QObject words go through ``self.tr``, everywhere else through :func:`translate`
with the name of what they belong to. Words in tables, which are made before any translation can be
loaded, are marked with :func:`marked` and translated where they are shown. What the rooms below say
(words of edits, sentences of errors) is made by :func:`cast_studio.said.say`, and translated where it is
shown by :func:`cast_studio.ui.wording.told`. Those four are what

    pyside6-lupdate -extensions py cast_studio -tr-function-alias ALIASES -ts T

with ``QT_TR_NOOP+=marked,QT_TR_NOOP+=_t,QT_TR_NOOP+=say`` for ALIASES finds and writes to the file T;
the table of commands writes ``_t`` for :func:`marked`. Values are put in with ``format`` afterwards,
never with an f-string.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QCoreApplication

_IN_TABLES = ""
"""The context in which lupdate files what stands in no class."""
_Text = TypeVar("_Text", bound=str)


def translate(context: str, text: str, disambiguation: str = "", n: int = -1) -> str:
    """Return a text in the user's language.

    Args:
        context: What the text belongs to.
        text: In English, with ``{names}`` for values.
        disambiguation: Tells equal texts apart.
        n: A number by which languages choose a form; -1 for none.
    """
    return QCoreApplication.translate(context, text, disambiguation or None, n)


def marked(text: _Text) -> _Text:
    """Return a text of a table as it is; :func:`shown` translates it."""
    return text


def shown(text: str) -> str:
    """Return a text that was :func:`marked` in the user's language."""
    return translate(_IN_TABLES, text) if text else ""


COUNTED: dict[str, tuple[Callable[[int], str], Callable[[int], str]]] = {
    "edit": (
        lambda n: translate("Counted", "{n} edit", "", n),
        lambda n: translate("Counted", "{n} edits", "", n),
    ),
    "label": (
        lambda n: translate("Counted", "{n} label", "", n),
        lambda n: translate("Counted", "{n} labels", "", n),
    ),
    "labelled segment": (
        lambda n: translate("Counted", "{n} labelled segment", "", n),
        lambda n: translate("Counted", "{n} labelled segments", "", n),
    ),
    "missing video": (
        lambda n: translate("Counted", "{n} missing video", "", n),
        lambda n: translate("Counted", "{n} missing videos", "", n),
    ),
    "prediction": (
        lambda n: translate("Counted", "{n} prediction", "", n),
        lambda n: translate("Counted", "{n} predictions", "", n),
    ),
    "reviewed range": (
        lambda n: translate("Counted", "{n} reviewed range", "", n),
        lambda n: translate("Counted", "{n} reviewed ranges", "", n),
    ),
    "row": (
        lambda n: translate("Counted", "{n} row", "", n),
        lambda n: translate("Counted", "{n} rows", "", n),
    ),
    "segment": (
        lambda n: translate("Counted", "{n} segment", "", n),
        lambda n: translate("Counted", "{n} segments", "", n),
    ),
    "track": (
        lambda n: translate("Counted", "{n} track", "", n),
        lambda n: translate("Counted", "{n} tracks", "", n),
    ),
    "video": (
        lambda n: translate("Counted", "{n} video", "", n),
        lambda n: translate("Counted", "{n} videos", "", n),
    ),
}
"""What is counted, for one and for several in English; other languages choose among their own forms."""

SINGLE = (marked("segment"), marked("video"), marked("prediction"))
"""What the words of an edit name without a number, where it is one."""
