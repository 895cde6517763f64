"""The panels around the video, as docks that can be moved, closed and restored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QByteArray, QEvent, Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from cast_studio.ui.actions import Actions
from cast_studio.ui.commands import Do
from cast_studio.ui.dock_title import DockTitle
from cast_studio.ui.footnote import Footnote, NotedPages
from cast_studio.ui.label_panel import LabelPanel
from cast_studio.ui.parts import tool_button
from cast_studio.ui.theme import scaled
from cast_studio.ui.timeline.widget import Timeline
from cast_studio.ui.training_panel import TrainingPanel
from cast_studio.ui.transport import Transport
from cast_studio.ui.video_list import VideoList
from cast_studio.ui.video_view import VideoView
from cast_studio.ui.why_panel import WhyPanel

LAYOUT_VERSION = 1
_SIDE_WIDTH = 240
_INSPECTOR_WIDTH = 336
_INSPECTOR_MINIMUM = 312

PANELS: Final = {
    Do.VIDEOS_PANEL: "videos",
    Do.INSPECTOR_PANEL: "inspector",
    Do.TIMELINE_PANEL: "timeline",
}
"""The dock that each command shows or hides."""


class Workspace(QMainWindow):
    """Video in the middle, videos on the left, panels on the right, timeline below.

    It is a QMainWindow inside the main window, because that is what can hold docks.
    """

    def __init__(self, actions: Actions) -> None:
        super().__init__(None, Qt.WindowType.Widget)
        self.video_view = VideoView()
        self.transport = Transport(actions)
        self.timeline = Timeline()
        self.video_list = VideoList(actions)
        self.label_panel = LabelPanel(actions)
        self.why_panel = WhyPanel(actions)
        self.training_panel = TrainingPanel(actions)
        # Or the next key, meant for a label, would be typed.
        self.label_panel.field_done.connect(self.video_view.setFocus)
        stage = QWidget()
        layout = QVBoxLayout(stage)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.video_view, 1)
        layout.addWidget(self.transport)
        self.setCentralWidget(stage)
        self.setDockOptions(
            QMainWindow.DockOption.AnimatedDocks | QMainWindow.DockOption.AllowNestedDocks
        )
        corner, area = Qt.Corner, Qt.DockWidgetArea
        self.setCorner(corner.BottomLeftCorner, area.BottomDockWidgetArea)
        self.setCorner(corner.BottomRightCorner, area.BottomDockWidgetArea)
        self.note = Footnote()
        self._tabs, self._pages = self._make_inspector()
        inspector = NotedPages(self._pages, self.note)
        self.docks = {
            "videos": self._dock("videos", self.tr("Videos"), self.video_list),
            "inspector": self._dock(
                "inspector", self.tr("Label, why and train"), inspector, lead=self._tabs
            ),
            "timeline": self._dock(
                "timeline",
                self.tr("Timeline"),
                self.timeline,
                tools=tuple(
                    _small(tool_button(actions[do]))
                    for do in (Do.ZOOM_OUT, Do.ZOOM_FIT, Do.ZOOM_IN)
                ),
            ),
        }
        for do, name in PANELS.items():
            seen = self.docks[name].toggleViewAction()
            actions[do].setChecked(seen.isChecked())
            seen.toggled.connect(actions[do].setChecked)
        self._has_layout = False
        self._others: tuple[QWidget, ...] = ()
        self._place_docks()

    @property
    def panels(self) -> tuple[QWidget, ...]:
        """The panels in the order in which F6 visits them."""
        return (self.video_view, self.timeline, self._pages, self.video_list, *self._others)

    def visit_also(self, others: Sequence[QWidget]) -> None:
        """Let F6 visit more widgets of the window, after the panels."""
        self._others = tuple(others)

    @property
    def stage(self) -> tuple[QWidget, ...]:
        """Where Tab walks through the segments: the video and the timeline."""
        return (self.video_view, self.timeline)

    @property
    def tabs(self) -> QTabBar:
        """The tabs of the panels on the right."""
        return self._tabs

    def show_page(self, page: QWidget) -> None:
        """Bring a panel on the right to the front, also if its dock is closed."""
        self._tabs.setCurrentIndex(self._pages.indexOf(page))
        self.docks["inspector"].show()

    def focus_next(self, focused: QWidget | None, step: int) -> None:
        """Give the focus to the next visible panel.

        Args:
            focused: The widget that has it now.
            step: 1 for the next, -1 for the one before.
        """
        panels = [panel for panel in self.panels if panel.isVisible()]
        if not panels:
            return
        inside = self._pages if focused is self._tabs else focused
        held = [panel is inside or panel.isAncestorOf(inside) for panel in panels if inside]
        before = held.index(True) if True in held else (-1 if step > 0 else 0)
        panel = panels[(before + step) % len(panels)]
        target = self._tabs if panel is self._pages else panel
        target.setFocus(Qt.FocusReason.TabFocusReason)

    def restore_default(self) -> None:
        """Put all docks back to their places and sizes."""
        self._place_docks()
        QTimer.singleShot(0, self, self._size_sides)

    def _place_docks(self) -> None:
        area = Qt.DockWidgetArea
        places = {
            "videos": area.LeftDockWidgetArea,
            "inspector": area.RightDockWidgetArea,
            "timeline": area.BottomDockWidgetArea,
        }
        for name, place in places.items():
            self.docks[name].setFloating(False)
            self.addDockWidget(place, self.docks[name])
            self.docks[name].show()

    def _size_sides(self) -> None:
        # Called later than the docks are placed: Qt sizes only what has been laid out.
        sides = [self.docks["videos"], self.docks["inspector"]]
        widths = [_with_text(_SIDE_WIDTH), _with_text(_INSPECTOR_WIDTH)]
        self.resizeDocks(sides, widths, Qt.Orientation.Horizontal)

    def saved_layout(self) -> QByteArray:
        """Return the places of all docks, for :meth:`restore_layout`."""
        return self.saveState(LAYOUT_VERSION)

    def restore_layout(self, layout: QByteArray) -> None:
        """Put the docks where they were; a layout of another version is left alone."""
        self._has_layout = not layout.isEmpty() and self.restoreState(layout, LAYOUT_VERSION)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  (Qt's name)
        """Give the docks their widths when they are first seen without a remembered layout."""
        super().showEvent(event)
        if not self._has_layout:
            self._has_layout = True
            QTimer.singleShot(0, self, self._size_sides)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  (Qt's name)
        """Give the panels at the sides more room for larger text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._pages.setMinimumWidth(_with_text(_INSPECTOR_MINIMUM))
            QTimer.singleShot(0, self, self._size_sides)

    def _make_inspector(self) -> tuple[QTabBar, QStackedWidget]:
        tabs, pages = QTabBar(), QStackedWidget()
        tabs.setExpanding(False)
        tabs.setDrawBase(False)
        tabs.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        tabs.setAccessibleName(self.tr("Panels on the right"))
        for name, page in (
            (self.tr("Label"), self.label_panel),
            (self.tr("Why"), self.why_panel),
            (self.tr("Train"), self.training_panel),
        ):
            tabs.addTab(name)
            pages.addWidget(page)
        tabs.currentChanged.connect(pages.setCurrentIndex)
        pages.setMinimumWidth(_with_text(_INSPECTOR_MINIMUM))
        return tabs, pages

    def _dock(
        self,
        name: str,
        title: str,
        content: QWidget,
        *,
        lead: QWidget | None = None,
        tools: tuple[QWidget, ...] = (),
    ) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(f"dock-{name}")
        dock.setTitleBarWidget(DockTitle(dock, lead=lead, tools=tools))
        dock.setWidget(content)
        return dock


def _with_text(width: int) -> int:
    """Return a width of a side panel; half as fast as the text, or no room is left for the video."""
    return (width + scaled(width)) // 2


def _small(button: QWidget) -> QWidget:
    button.setProperty("kind", "small")
    return button
