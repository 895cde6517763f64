"""Every word of the window can be translated: nothing is written past the translator."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from string import Formatter
from xml.etree import ElementTree

import PySide6
import pytest
from PySide6.QtCore import QTranslator
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QMenu, QTabBar

import cast_studio
from cast_studio import errors, ui
from cast_studio.core.edits import AnnotateVideo, RemoveVideo
from cast_studio.errors import EditError
from cast_studio.said import counted, say
from cast_studio.ui import language, wording
from cast_studio.ui.language import COUNTED
from tests.ui.conftest import Desk

ERRORS = {name for name in vars(errors) if name.endswith("Error")} | {
    "ImportFileError",
    "TrainingError",
    "DamagedFrameError",
}
FILES = sorted(Path(ui.__file__).parent.rglob("*.py"))
TRANSLATES = {"tr", "translate", "shown"}
SHOWS = {
    "setText", "setToolTip", "setWindowTitle", "setPlaceholderText", "setAccessibleName",
    "setAccessibleDescription", "setTitle", "addTab", "setTabText", "addItem", "addAction", "addMenu",
    "setStatusTip", "setInformativeText", "setIconText", "setSuffix", "setPrefix", "setHeaderLabels",
    "addRow", "addButton", "text_label", "push_button", "EmptyState", "ElidedLabel", "ActionButton",
    "CopyLabel", "OwnedField", "QAction", "QLabel", "QPushButton", "QCheckBox", "QRadioButton", "QMenu",
    "QDockWidget", "showText", "drawText", "tell", "emit", "show_text", "show_nothing", "show_message",
    "show_note", "show_mark", "show_work",
}  # fmt: skip
"""Functions whose strings are read by the user."""
NAMES = {"CAST Studio", " – CAST Studio", "info", "warning", "error", "strip"}
"""What is no word of any language: the program's name, and what only the program reads."""


def _name(call: ast.Call) -> str:
    found = call.func
    return found.attr if isinstance(found, ast.Attribute) else getattr(found, "id", "")


def _bare(node: ast.AST) -> Iterator[ast.Constant]:
    """Yield the words in an expression that do not go through a translator."""
    if isinstance(node, ast.Call):
        if _name(node) == "format" and isinstance(node.func, ast.Attribute):
            yield from _bare(node.func.value)
        return
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str) and re.search("[A-Za-z]{2,}", node.value):
            yield node
        return
    if isinstance(node, ast.JoinedStr | ast.FormattedValue | ast.BinOp | ast.BoolOp | ast.IfExp):
        for child in ast.iter_child_nodes(node):
            if not (isinstance(node, ast.IfExp) and child is node.test):
                yield from _bare(child)
    elif isinstance(node, ast.List | ast.Tuple):
        for child in node.elts:
            yield from _bare(child)


def _calls(path: Path) -> Iterator[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_words_are_shown_untranslated(path: Path) -> None:
    bare = [
        f"{path.name}:{found.lineno}: {found.value!r}"
        for call in _calls(path)
        if _name(call) in SHOWS
        for argument in (
            *call.args,
            *(k.value for k in call.keywords if k.arg in ("text", "button")),
        )
        for found in _bare(argument)
        if found.value not in NAMES
    ]
    assert bare == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_translators_find_every_text_under_the_name_it_is_asked_for(path: Path) -> None:
    wrong = []
    for call in _calls(path):
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        if _name(call) == "tr" and isinstance(call.func, ast.Attribute):
            # Of another object, the class at run time is not the one that is read here.
            text = call.args[0]
            if not (isinstance(owner, ast.Name) and owner.id == "self"):
                wrong.append(f"{path.name}:{call.lineno}: tr of another object")
        elif _name(call) == "translate" and path.stem != "language" and owner is None:
            text = call.args[1]
        else:
            continue
        if not (isinstance(text, ast.Constant) and isinstance(text.value, str)):
            wrong.append(f"{path.name}:{call.lineno}: no plain text")
    assert wrong == []


def test_the_scan_finds_what_it_is_for(tmp_path: Path) -> None:
    bad = 'label.setText(f"Step {n}")\nlabel.setText("a" if x else "Some words")\n'
    calls = [node for node in ast.walk(ast.parse(bad)) if isinstance(node, ast.Call)]
    assert [found.value for call in calls for found in _bare(call.args[0])] == [
        "Step ",
        "Some words",
    ]


class Shouting(QTranslator):
    """A language that is English in capitals."""

    def isEmpty(self) -> bool:  # noqa: N802  (Qt's name)
        """Return that there are words."""
        return False

    def translate(
        self, context: str, source: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        """Return capitals; values to be put in keep their names."""
        parts = re.split(r"(\{[^}]*\})", source)
        return "".join(p if p.startswith("{") else p.upper() for p in parts)


@pytest.fixture
def capitals(qapp: QApplication) -> Iterator[None]:
    """Show the window in capitals."""
    translator = Shouting()
    qapp.installTranslator(translator)
    yield
    qapp.removeTranslator(translator)


@pytest.mark.usefixtures("capitals")
def test_a_translation_reaches_the_whole_window(
    make_desk: Callable[..., Desk], own_colors: Path
) -> None:
    desk = make_desk()
    desk.open_videos(own_colors)
    window = desk.window
    data = (
        "colors",
        "mp4",
        "fake",
        "Ctrl",
        "Shift",
        "Alt",
        "Esc",
        "Del",
        "Return",
        "Tab",
        "Space",
        "Home",
    )

    def is_told(text: str) -> bool:
        for word in (
            *data,
            "Up",
            "Down",
            "Left",
            "Right",
            "Backspace",
            "Enter",
            "End",
            "pts",
        ):
            text = re.sub(rf"\b{word}\b", "", text)
        return text == text.upper()

    texts = [action.text() for action in window.findChildren(QAction) if action.text()]
    texts += [menu.title() for menu in window.findChildren(QMenu)]
    texts += [button.text() for button in window.findChildren(QAbstractButton)]
    texts += [action.toolTip() for action in window.actions()]
    labels = window.welcome.findChildren(QLabel) + window.workspace.why_panel.findChildren(QLabel)
    texts += [label.text() for label in labels]
    texts += [bar.tabText(0) for bar in window.findChildren(QTabBar) if bar.count()]
    assert len(texts) > 300
    english = {text for text in texts if re.search("[a-z]{3,}", text) and not is_told(text)}
    folder = str(own_colors.parent)
    assert {text for text in english if not text.startswith(folder)} == set()
    assert any(text.startswith("UNDO ADD VIDEO") for text in texts)


@pytest.mark.usefixtures("capitals")
def test_what_is_said_below_the_window_is_translated_with_its_values(
    labelled_desk: Desk, tmp_path: Path
) -> None:
    desk = labelled_desk
    desk.session.do(RemoveVideo("colors"))
    with pytest.raises(EditError) as refused:
        desk.session.do(AnnotateVideo("colors", "blurred"))
    # The history and the command line stay in English.
    assert str(refused.value).startswith("This video is no longer")
    assert wording.told(refused.value).startswith("THIS VIDEO IS NO LONGER")
    nothing = tmp_path / "nothing.cast"
    desk.studio.projects.open_project(nothing)
    told = desk.window.notices.text
    assert str(nothing) in told
    assert told.replace(str(nothing), "").isupper()
    assert desk.session.undo_text == "Remove video"
    assert wording.told(counted("segment", 12_345)) == "12\u202f345 SEGMENTS"
    move = say("Move {segments}", segments=counted("segment", 1))
    assert (move, wording.told(move)) == ("Move segment", "MOVE SEGMENT")
    assert wording.told("Remove video") == "REMOVE VIDEO"  # as the history keeps it
    assert wording.told(say("“{file}” is gone.", file="clip.mp4")) == "“clip.mp4” IS GONE."


BELOW = sorted(
    path
    for room in ("core", "storage", "app", "media", "model")
    for path in (Path(cast_studio.__file__).parent / room).rglob("*.py")
)


def _is_sentence(node: ast.AST) -> bool:
    if isinstance(node, ast.IfExp):
        return _is_sentence(node.body) or _is_sentence(node.orelse)
    if isinstance(node, ast.BinOp):
        return _is_sentence(node.left) or _is_sentence(node.right)
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return isinstance(node, ast.JoinedStr) or (is_text and " " in ast.unparse(node))


def _unsaid(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the texts of errors for the user, and of edits, that no translator would find."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node) in ERRORS:
            yield from filter(_is_sentence, node.args)
        if isinstance(node, ast.FunctionDef) and node.name == "describe":
            returned = (found for found in ast.walk(node) if isinstance(found, ast.Return))
            yield from (
                found.value for found in returned if found.value and _is_sentence(found.value)
            )
        if isinstance(node, ast.Call) and _name(node) == "say":
            template = node.args[0]
            if not (isinstance(template, ast.Constant) and isinstance(template.value, str)):
                yield node


@pytest.mark.parametrize("path", BELOW, ids=lambda path: path.stem)
def test_what_is_said_below_the_window_can_be_translated(path: Path) -> None:
    found = _unsaid(ast.parse(path.read_text(encoding="utf-8")))
    assert [f"{path.name}:{node.lineno}: {ast.unparse(node)}" for node in found] == []


FOR_TRANSLATORS = TRANSLATES | {"marked", "_t", "say", "counted", "numbered"}
FOR_PROGRAMMERS = {"RuntimeError", "debug", "info", "warning", "error", "exception"}
NO_WORDS = COUNTED.keys() | {"CAST Studio", " – CAST Studio", "missing videos", "relinking refused"}
"""What the program alone tells apart, and names."""


def _phrases(tree: ast.Module) -> Iterator[ast.Constant]:
    """Yield what reads like words and goes neither to a translator nor to the log."""
    known: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):  # what documents
            known.add(id(node.value))
        if isinstance(node, ast.Call) and _name(node) in FOR_TRANSLATORS | FOR_PROGRAMMERS:
            known.update(map(id, ast.walk(node)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in known:
            is_markup = set(node.value) & set("<>{};")
            if re.search("[a-z]{2,} [a-z]{2,}", node.value) and not is_markup:
                yield node


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.stem != "style_rules"], ids=lambda path: path.stem
)
def test_no_phrase_is_written_that_a_translator_cannot_find(path: Path) -> None:
    found = _phrases(ast.parse(path.read_text(encoding="utf-8")))
    phrases = [f"{path.name}:{node.lineno}: {node.value}" for node in found]
    assert [phrase for phrase in phrases if phrase.partition(": ")[2] not in NO_WORDS] == []


def test_counts_have_their_own_form_for_one_and_for_several() -> None:
    assert wording.counted(1, "label") == "1 label"
    assert wording.counted(2, "label") == "2 labels"
    assert wording.counted(12_345, "missing video") == "12\u202f345 missing videos"
    assert wording.counted(3, "entry", "entries") == "3 entries"


def test_all_that_the_window_counts_can_be_translated() -> None:
    counted = {
        call.args[1].value
        for path in FILES
        for call in _calls(path)
        if _name(call) == "counted"
        and len(call.args) == 2
        and isinstance(call.args[1], ast.Constant)
    }
    assert counted <= COUNTED.keys()
    assert counted


def _said(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for call in _calls(path):
        if _name(call) == "say" and isinstance(call.args[0], ast.Constant):
            yield str(call.args[0].value), call


@pytest.mark.parametrize("path", [*BELOW, *FILES], ids=lambda path: path.stem)
def test_every_value_of_a_sentence_is_put_in(path: Path) -> None:
    for template, call in _said(path):
        wanted = {name for _, name, _, _ in Formatter().parse(template) if name is not None}
        assert wanted == {keyword.arg for keyword in call.keywords}, template


def test_the_tool_of_translators_finds_all_that_is_said(tmp_path: Path) -> None:
    tool = Path(PySide6.__file__).parent / "lupdate"
    if not tool.is_file():
        pytest.skip("this build of Qt has no lupdate")
    package = Path(cast_studio.__file__).parent
    aliases = "QT_TR_NOOP+=marked,QT_TR_NOOP+=_t,QT_TR_NOOP+=say"
    assert aliases in (language.__doc__ or "")
    words = tmp_path / "words.ts"
    command = [tool, "-extensions", "py", package, "-tr-function-alias", aliases, "-ts", words]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    found = {source.text for source in ElementTree.parse(words).iter("source")}
    said = {template for path in (*BELOW, *FILES) for template, _ in _said(path)}
    assert len(said) > 250
    assert said - found == set()
