"""The line at the bottom: facts about the frame, and what is going on, with a way to stop it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QStatusBar, QToolButton, QWidget

from cast_studio.ui import tokens, wording
from cast_studio.ui.frame_facts import FrameFacts
from cast_studio.ui.icons import Icon, icon
from cast_studio.ui.parts import text_label
from cast_studio.ui.theme import with_tabular_figures


class Work(Enum):
    """What can be going on."""

    LOADING = auto()
    OPENING = auto()
    OPENING_SAMPLE = auto()
    PREDICTING = auto()
    TRAINING = auto()
    EXPORTING = auto()


@dataclass(frozen=True, slots=True)
class _WorkView:
    text: str
    share: float | None
    seconds_left: float | None
    can_cancel: bool


class StatusBar(QStatusBar):
    """Facts on the left, work in progress on the right.

    Signals:
        cancel_requested: The :class:`Work` that is to be stopped.
    """

    cancel_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setContentsMargins(tokens.SPACE_S, 0, tokens.SPACE_S, 0)
        self._works: dict[Work, _WorkView] = {}
        self.frame_facts = FrameFacts()
        self._work = text_label(kind="muted")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(160)
        self._left = text_label(kind="muted")
        for label in (self._work, self._left):
            label.setFont(with_tabular_figures(label.font()))
        self._cancel = QToolButton()
        self._cancel.setIcon(icon(Icon.CLOSE))
        self._cancel.setAutoRaise(True)
        self._cancel.setToolTip(self.tr("Stop"))
        self._cancel.setAccessibleName(self.tr("Stop what is going on"))
        self._cancel.clicked.connect(self._on_cancel_clicked)
        self.addWidget(self.frame_facts, 1)
        for widget in (self._work, self._bar, self._left, self._cancel):
            self.addPermanentWidget(widget)
        self._show_last()

    def show_work(
        self,
        work: Work,
        text: str,
        *,
        share: float | None = None,
        seconds_left: float | None = None,
        can_cancel: bool = True,
    ) -> None:
        """Show what is going on. Of several works the one that was told of last is seen.

        Args:
            work: Which one; :meth:`end_work` takes it away.
            text: What, in a few words.
            share: How much is done, 0 to 1; None when nobody knows.
            seconds_left: How long it will still take, None when nobody knows.
            can_cancel: Whether it can be stopped.
        """
        self._works.pop(work, None)
        self._works[work] = _WorkView(text, share, seconds_left, can_cancel)
        self._show_last()

    def end_work(self, work: Work) -> None:
        """Show that a work is over; one that is still going on comes to sight again."""
        self._works.pop(work, None)
        self._show_last()

    def _show_last(self) -> None:
        if not self._works:
            for widget in (self._work, self._bar, self._left, self._cancel):
                widget.hide()
            return
        view = list(self._works.values())[-1]
        text = view.text if view.share is None else f"{view.text} {wording.percent(view.share)}"
        self._work.setText(text)
        self._bar.setRange(0, 0 if view.share is None else 1000)
        if view.share is not None:
            self._bar.setValue(round(view.share * 1000))
        if view.seconds_left is not None:
            self._left.setText(wording.remaining(view.seconds_left))
        self._left.setVisible(view.seconds_left is not None)
        self._cancel.setVisible(view.can_cancel)
        self._work.show()
        self._bar.show()

    def _on_cancel_clicked(self) -> None:
        if self._works:
            self.cancel_requested.emit(list(self._works)[-1])

    @property
    def facts(self) -> str:
        """What is shown about the frame."""
        return self.frame_facts.text

    @property
    def work(self) -> str:
        """What is shown as going on; empty when nothing is."""
        return "" if self._bar.isHidden() else self._work.text()

    @property
    def cancel_button(self) -> QToolButton:
        """The button that stops what is going on."""
        return self._cancel
