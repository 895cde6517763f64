"""Asking where a missing video is, and showing what was found along with it before it is relinked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Qt, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cast_studio.app.relinking import Moved
from cast_studio.ui import tokens, wording
from cast_studio.ui.dialogs import video_filter
from cast_studio.ui.file_questions import FileQuestions, is_there
from cast_studio.ui.notice_bar import NoticeBar
from cast_studio.ui.parts import push_button, resize_with_text, text_label
from cast_studio.ui.studio import Studio
from cast_studio.ui.theme import scaled

_NAME_WIDTH = 300
_LINE_HEIGHT = 26
_NOTICE = "missing videos"


class RelinkDialog(QDialog):
    """Lists where missing videos were found; those that stay ticked are relinked.

    Args:
        moved: What was found.
        still_missing: Names of the videos that were not.
        parent: The window.
    """

    def __init__(
        self, moved: Sequence[Moved], still_missing: Sequence[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._moved = tuple(moved)
        self.setWindowTitle(self.tr("Relink videos"))
        self._table = self._filled_table()
        self._agree = push_button(primary=True)
        self._agree.setDefault(True)
        self._agree.clicked.connect(self.accept)
        refuse = push_button(self.tr("Cancel"))
        refuse.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.setSpacing(tokens.SPACE_S)
        buttons.addStretch(1)
        buttons.addWidget(refuse)
        buttons.addWidget(self._agree)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L)
        layout.setSpacing(tokens.SPACE_M)
        found = self.tr("{videos} found: by content, imported ones by name. The labels stay.")
        count = wording.counted(len(self._moved), "missing video")
        layout.addWidget(text_label(found.format(videos=count), wraps=True))
        layout.addWidget(self._table, 1)
        if still_missing:
            text = self.tr("Not found there: {names}.").format(names=", ".join(still_missing))
            layout.addWidget(text_label(text, kind="muted", wraps=True))
        layout.addLayout(buttons)
        resize_with_text(self, 720, 400)
        self._on_ticked()
        self._agree.setFocus()

    @property
    def table(self) -> QTreeWidget:
        """The list, a line a video."""
        return self._table

    @property
    def chosen(self) -> tuple[Moved, ...]:
        """What is to be relinked."""
        lines = [self._table.topLevelItem(row) for row in range(self._table.topLevelItemCount())]
        return tuple(
            moved
            for moved, line in zip(self._moved, lines, strict=True)
            if line is not None and line.checkState(0) == Qt.CheckState.Checked
        )

    def _filled_table(self) -> QTreeWidget:
        table = QTreeWidget()
        table.setHeaderLabels([self.tr("Video"), self.tr("Is now in")])
        table.setRootIsDecorated(False)
        table.setUniformRowHeights(True)
        table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.setAccessibleName(self.tr("Videos that were found"))
        for moved in self._moved:
            name = moved.video.name
            if moved.path.name != name:
                name = self.tr("{old}, now {new}").format(old=name, new=moved.path.name)
            line = QTreeWidgetItem([name, str(moved.path.parent)])
            line.setCheckState(0, Qt.CheckState.Checked)
            line.setSizeHint(0, QSize(0, scaled(_LINE_HEIGHT)))
            line.setToolTip(0, moved.video.path)
            line.setToolTip(1, str(moved.path))
            table.addTopLevelItem(line)
        table.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        table.header().setStretchLastSection(True)
        table.setColumnWidth(0, scaled(_NAME_WIDTH))
        table.itemChanged.connect(self._on_ticked)
        return table

    @Slot()
    def _on_ticked(self) -> None:
        count = len(self.chosen)
        text = self.tr("Relink {videos}").format(videos=wording.counted(count, "video"))
        self._agree.setText(text)
        self._agree.setEnabled(count > 0)


class RelinkPresenter(QObject):
    """Leads from a missing video to the dialog. GUI thread.

    Args:
        studio: Knows what is missing.
        notices: Where it is told.
        window: Is asked in, and owns this.
    """

    def __init__(self, studio: Studio, notices: NoticeBar, window: QWidget) -> None:
        super().__init__(window)
        self._studio = studio
        self._notices = notices
        self._window = window
        self._files = FileQuestions(studio.services.preferences)
        service = studio.relinking
        service.searched.connect(self._on_searched)
        service.found.connect(self._on_found)
        service.refused.connect(self._on_refused)

    @Slot()
    @Slot(str)
    def locate(self, video_id: str = "") -> None:
        """Ask where a missing video is: this one, else the shown one, else the first."""
        session, missing = self._studio.session, self._studio.missing.ids
        if session is None or not missing:
            return
        shown = self._studio.state.video_id
        in_order = [video.id for video in session.project.videos if video.id in missing]
        asked = next((one for one in (video_id, shown) if one in missing), in_order[0])
        path = self._ask(session.video_path(asked))
        if path is not None:
            self._studio.relinking.locate(asked, path)

    def _ask(self, old: Path) -> Path | None:
        title = self.tr("Where is “{name}” now?").format(name=old.name)
        near = next((folder for folder in old.parents if is_there(folder)), None)
        return self._files.file(self._window, "videos", title, video_filter(), near)

    @Slot(object, object)
    def _on_searched(self, _absent: frozenset[str], still: frozenset[str]) -> None:
        session = self._studio.session
        names = self._names(still)
        if session is None or not names:
            return
        if len(names) == 1:
            text = self.tr("“{name}” was not found.").format(name=names[0])
        else:
            text = self.tr("{n} videos are not where they were.").format(n=len(names))
        if session.read_only:
            self._notices.tell("warning", text, kind=_NOTICE)
            return
        if len(names) > 1:
            text += " " + self.tr("Locate one: what was moved along with it is found with it.")
        self._notices.tell(
            "warning", text, button=self.tr("Locate…"), follow_up=self.locate, kind=_NOTICE
        )

    @Slot(object)
    def _on_found(self, moved: tuple[Moved, ...]) -> None:
        if len(moved) == 1:
            self._relink(moved)
            return
        left = self._studio.missing.ids - {one.video.id for one in moved}
        dialog = RelinkDialog(moved, self._names(left), self._window)
        dialog.accepted.connect(lambda: self._relink(dialog.chosen))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _relink(self, moved: Sequence[Moved]) -> None:
        self._studio.relinking.relink(moved)
        count = wording.counted(len(moved), "video")
        self._notices.tell("info", self.tr("{videos} relinked.").format(videos=count))

    def _names(self, ids: frozenset[str]) -> list[str]:
        session = self._studio.session
        videos = session.project.videos if session is not None else ()
        return [video.name for video in videos if video.id in ids]

    @Slot(str)
    def _on_refused(self, sentence: str) -> None:
        self._notices.tell("warning", sentence, kind="relinking refused")
