"""What is known of one model or expert, as a page of text that can be read, searched and copied."""

from __future__ import annotations

import html
import re

from PySide6.QtCore import QEvent, QUrl
from PySide6.QtGui import QTextBlockFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QTextBrowser

from cast_studio.app.library_items import LibraryItem
from cast_studio.app.library_words import Facts, facts, source_facts
from cast_studio.model.catalog import ModelInfo
from cast_studio.model.weights.sources import ExpertSource
from cast_studio.ui import tokens
from cast_studio.ui.theme import colors_of


class ModelSheet(QTextBrowser):
    """The page: facts, then the model's card, then the report of its import."""

    def __init__(self) -> None:
        super().__init__()
        self._what: LibraryItem | ExpertSource | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenExternalLinks(True)
        self.setAccessibleName(self.tr("About the model"))
        self.document().setDocumentMargin(tokens.SPACE_L)

    def show_what(self, what: LibraryItem | ExpertSource | None) -> None:
        """Show something else, or nothing."""
        self._what = what
        self._write()

    def loadResource(self, kind: int, name: QUrl | str) -> object:  # noqa: N802  (Qt's name)
        """Load nothing: a card that came with somebody's weights may name any file or address."""
        return None

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  (Qt's name)
        """Write the page again in the colors of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._write()

    def _write(self) -> None:
        self.clear()
        match self._what:
            case LibraryItem() as item:
                self._write_facts(facts(item))
                self._write_card(item.about.card if isinstance(item.about, ModelInfo) else "")
                self._write_report(item.report)
            case ExpertSource() as source:
                self._write_facts(source_facts(source))
        self.moveCursor(QTextCursor.MoveOperation.Start)

    def _write_facts(self, found: Facts) -> None:
        muted, warning = colors_of(self).muted, colors_of(self).warning
        below = f"padding-bottom: {tokens.SPACE_S}px"
        rows = []
        for name, text in found:
            ink = f"; color: {warning}" if name == "Note" else ""
            rows.append(
                f'<tr><td style="color: {muted}; padding-right: {tokens.SPACE_L}px; {below}">'
                f'{html.escape(name)}</td><td style="{below}{ink}">{_linked(text)}</td></tr>'
            )
        self.setHtml(f"<table>{''.join(rows)}</table>")

    def _write_card(self, card: str) -> None:
        if not card:
            return
        cursor = self._at_end()
        start = cursor.position()
        cursor.insertMarkdown(_below_a_title(self.tr("Model card"), card))
        cursor.setPosition(start, QTextCursor.MoveMode.KeepAnchor)
        spaced = QTextBlockFormat()
        spaced.setTopMargin(tokens.SPACE_S)
        cursor.mergeBlockFormat(spaced)

    def _write_report(self, report: str) -> None:
        if report:
            title = html.escape(self.tr("Load report"))
            self._at_end().insertHtml(f"<h3>{title}</h3>{_as_typed(report)}")

    def _at_end(self) -> QTextCursor:
        cursor = self.textCursor()
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertBlock()
        return cursor


def _below_a_title(title: str, card: str) -> str:
    """Return a card whose own title, the model's name, gives way to ours, and whose others are smaller."""
    body = re.sub(r"\A\s*# .*\n", "", card)
    return f"### {title}\n\n" + re.sub(r"^#+ ", "#### ", body, flags=re.MULTILINE)


def _as_typed(text: str) -> str:
    return f'<pre style="white-space: pre-wrap">{html.escape(text)}</pre>'


def _linked(text: str) -> str:
    escaped = html.escape(text)
    return f'<a href="{escaped}">{escaped}</a>' if text.startswith("https://") else escaped
