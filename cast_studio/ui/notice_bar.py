"""A message across the window: what happened, why, what to do. Never a dialog that blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from cast_studio.app.diagnostics import Level
from cast_studio.ui import tokens, wording
from cast_studio.ui.icons import Icon, icon
from cast_studio.ui.parts import push_button, text_label
from cast_studio.ui.theme import scaled

_ICONS: dict[str, Icon] = {
    "info": Icon.INFO,
    "warning": Icon.WARNING,
    "error": Icon.FAILED,
}


_MOST_LINES = 4
_NEWS_MS = 10_000


@dataclass(frozen=True, slots=True)
class _Notice:
    level: Level
    text: str
    button: str = ""
    follow_up: Callable[[], object] | None = None
    kind: str = ""

    def is_replaced_by(self, newer: _Notice) -> bool:
        return self.text == newer.text or bool(self.kind and self.kind == newer.kind)


class NoticeBar(QFrame):
    """Shows what was told.

    Warnings and errors gather, each in a line, and stay until they are closed; news waits for that.
    Of news the newest wins, and it ends by itself.

    Signals:
        dismissed: The user has closed it.
        told: The words of another message.
    """

    dismissed = Signal()
    told = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, news_ms: int = _NEWS_MS) -> None:
        """Start with nothing to tell.

        Args:
            parent: Owns the bar.
            news_ms: How long news is shown.
        """
        super().__init__(parent)
        self._news_ends = QTimer(self)
        self._news_ends.setSingleShot(True)
        self._news_ends.setInterval(news_ms)
        self._news_ends.timeout.connect(self._on_news_ended)
        self._problems: list[_Notice] = []
        self._news: _Notice | None = None
        self._picture = QLabel()
        self._text = text_label(wraps=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._button = push_button()
        self._button.hide()
        self._button.clicked.connect(self._on_button_clicked)
        self._close = QToolButton()
        self._close.setIcon(icon(Icon.CLOSE))
        self._close.setAutoRaise(True)
        self._close.setToolTip(self.tr("Close the message (Esc)"))
        self._close.setAccessibleName(self.tr("Close the message"))
        self._close.clicked.connect(self.dismiss)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(tokens.SPACE_M, tokens.SPACE_XS, tokens.SPACE_S, tokens.SPACE_XS)
        layout.setSpacing(tokens.SPACE_S)
        layout.addWidget(self._picture)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._button)
        layout.addWidget(self._close)
        self.hide()

    @property
    def text(self) -> str:
        """What is told; empty when nothing is."""
        return "" if self.isHidden() else self._text.text()

    @property
    def level(self) -> Level:
        """How bad it is; of several the worst."""
        levels = {problem.level for problem in self._problems}
        return "error" if "error" in levels else "warning" if levels else "info"

    def tell(
        self,
        level: Level,
        text: str,
        *,
        button: str = "",
        follow_up: Callable[[], object] | None = None,
        kind: str = "",
    ) -> None:
        """Show a message; news only once no warning or error is left unread.

        Args:
            level: How bad it is.
            text: Sentences.
            button: Words of a button that does the next step; empty for none.
            follow_up: What the button does.
            kind: A warning or an error takes the place of the one before of the same kind; empty if
                only of one with the same text.
        """
        text = wording.told(text)
        told = _Notice(level, text, button, follow_up, kind)
        if level == "info":
            self._news = told
            self._news_ends.stop()
        else:
            if not self._problems:
                self._news = None  # it was seen
            # One that is told again is not two.
            self._problems = [p for p in self._problems if not p.is_replaced_by(told)] + [told]
        self._show()
        self.told.emit(text)

    def dismiss(self) -> None:
        """Close the message; news that has waited for that comes to sight."""
        if self._problems:
            self._problems.clear()
        else:
            self._news = None
        self._show()
        self.dismissed.emit()

    def clear(self) -> None:
        """Forget all that was told, as it was about a project that is closed now."""
        self._problems.clear()
        self._news = None
        self._show()

    @property
    def _shown(self) -> list[_Notice]:
        return self._problems or ([self._news] if self._news is not None else [])

    @property
    def _step(self) -> _Notice | None:
        """What the button belongs to: the newest that has one."""
        return next((notice for notice in reversed(self._shown) if notice.button), None)

    def _show(self) -> None:
        self._time_news()
        if not self._shown:
            self.hide()
            return
        lines = [notice.text for notice in self._shown]
        if len(lines) > _MOST_LINES:
            more = len(lines) - _MOST_LINES
            lines = [*lines[-_MOST_LINES:], self.tr("And {n} more.").format(n=more)]
        self._text.setText("\n".join(lines))
        self.setAccessibleName(self._text.text())
        step = self._step
        self._button.setText(step.button if step is not None else "")
        self._button.setVisible(step is not None)
        self._show_level()
        self.show()

    def _time_news(self) -> None:
        """Let the time of news run only while it is seen; what has a button waits for an answer."""
        news = self._news
        if self._problems or news is None or news.button:
            self._news_ends.stop()
        elif not self._news_ends.isActive():
            self._news_ends.start()

    @Slot()
    def _on_news_ended(self) -> None:
        self._news = None
        self._show()

    def _on_button_clicked(self) -> None:
        step = self._step
        self.dismiss()
        if step is not None and step.follow_up is not None:
            step.follow_up()

    def _show_level(self) -> None:
        self.setProperty("notice", self.level)
        self.style().unpolish(self)
        self.style().polish(self)
        self._picture.setPixmap(icon(_ICONS[self.level]).pixmap(scaled(tokens.ICON_SIZE)))
