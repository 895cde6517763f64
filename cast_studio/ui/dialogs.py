"""The few questions and answers that need a window of their own."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

import cast_studio
from cast_studio.app.videos import VIDEO_SUFFIXES
from cast_studio.ui import tokens
from cast_studio.ui.file_questions import FileQuestions
from cast_studio.ui.language import translate
from cast_studio.ui.parts import ElidedLabel, push_button, text_label
from cast_studio.ui.theme import scaled


class GoToDialog(QDialog):
    """Asks for a frame or a time; the text is judged by whoever goes there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Go to"))
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("2503, 1:23.5 or 12.5 s"))
        self.field.setAccessibleName(self.tr("Frame, time or timestamp"))
        self.field.setMinimumWidth(scaled(280))
        self._hint = text_label(
            self.tr(
                "A frame such as 2503, a time such as 1:23.5 or 12.5 s, or a timestamp such as "
                "pts 38400."
            ),
            kind="muted",
            wraps=True,
        )
        go = push_button(self.tr("Go"), primary=True)
        go.setDefault(True)
        go.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.addWidget(self.field, 1)
        row.addWidget(go)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L)
        layout.setSpacing(tokens.SPACE_S)
        layout.addLayout(row)
        layout.addWidget(self._hint)

    @property
    def text(self) -> str:
        """What was typed."""
        return self.field.text()


class NoteDialog(QDialog):
    """Asks for a few lines about something.

    Args:
        about: What the note is about.
        note: What it says now.
        parent: The window above which it is shown.
    """

    def __init__(self, about: str, note: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Note"))
        self.field = QPlainTextEdit(note)
        self.field.setTabChangesFocus(True)
        self.field.setAccessibleName(self.tr("Note about {what}").format(what=about))
        self.field.setMinimumSize(scaled(360), scaled(120))
        title = ElidedLabel(kind="muted")
        title.setText(about)
        save = push_button(self.tr("Keep"), primary=True)
        save.setToolTip(self.tr("Keep the note (Ctrl+Return)"))
        save.clicked.connect(self.accept)
        cancel = push_button(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        key = QShortcut(QKeySequence("Ctrl+Return"), self)
        key.activated.connect(self.accept)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L)
        layout.setSpacing(tokens.SPACE_S)
        layout.addWidget(title)
        layout.addWidget(self.field)
        buttons = QHBoxLayout()
        buttons.setSpacing(tokens.SPACE_S)
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(save)
        layout.addLayout(buttons)
        self.field.setFocus()

    @property
    def text(self) -> str:
        """What was written."""
        return self.field.toPlainText().strip()


class AboutDialog(QDialog):
    """What this program is, and what its model knows."""

    def __init__(self, *, model_sentence: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("About CAST Studio"))
        title = text_label("CAST Studio", kind="name")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(tokens.SPACE_XL, tokens.SPACE_XL, tokens.SPACE_XL, tokens.SPACE_L)
        layout.setSpacing(tokens.SPACE_S)
        layout.addWidget(title)
        version = self.tr("Version {v}").format(v=cast_studio.__version__)
        layout.addWidget(text_label(version, kind="muted"))
        layout.addWidget(
            text_label(
                self.tr(
                    "Video annotation around CAST, a network of two experts that look at each "
                    "other: one at still frames, one at motion (Lee et al., NeurIPS 2023). "
                    "Published under the MIT license."
                ),
                wraps=True,
            )
        )
        if model_sentence:
            layout.addWidget(text_label(model_sentence, kind="muted", wraps=True))
        close = push_button(self.tr("Close"))
        close.setDefault(True)
        close.clicked.connect(self.accept)
        layout.addSpacing(tokens.SPACE_M)
        layout.addWidget(close, alignment=Qt.AlignmentFlag.AlignRight)
        self.setFixedWidth(scaled(440))


def ask_for_videos(parent: QWidget, files: FileQuestions) -> list[Path]:
    """Ask for video files; an empty list when the user changes their mind."""
    return files.files(parent, "videos", translate("Dialogs", "Open videos"), video_filter())


def video_filter() -> str:
    """Return the filter of a file dialog that shows videos only."""
    patterns = " ".join(f"*{suffix}" for suffix in sorted(VIDEO_SUFFIXES))
    return f"{translate('Dialogs', 'Videos')} ({patterns})"


def ask_for_project(parent: QWidget, files: FileQuestions, usual: Path) -> Path | None:
    """Ask for a project folder; None when the user changes their mind.

    Args:
        parent: Under the dialog.
        files: Knows which folder was used last.
        usual: Where projects are kept otherwise.
    """
    title = translate("Dialogs", "Open a .cast project folder")
    return files.folder(parent, "projects", title, usual)
