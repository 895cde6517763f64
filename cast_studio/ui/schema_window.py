"""The window in which classes are added, renamed, merged, retired, ordered and imported.

It edits a draft. What applying it would do to labels is told all the time; applying is one edit,
which undo takes back.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QItemSelectionModel, Qt, QTimer, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QWidget

from cast_studio.app.label_lists import BundledList, read_file
from cast_studio.core.class_list import ListedHead
from cast_studio.core.edits import ChangeSchema
from cast_studio.core.labels import LabelClass, LabelHead
from cast_studio.core.project import Project
from cast_studio.core.schema_draft import SchemaDraft
from cast_studio.core.schema_impact import Impact, class_usage, impacts, summary
from cast_studio.errors import CastStudioError, EditError
from cast_studio.ui.actions import native
from cast_studio.ui.file_questions import FileQuestions
from cast_studio.ui.keys.class_keys import class_key_problem, first_keys, moved_keys
from cast_studio.ui.keys.key_names import canonical
from cast_studio.ui.schema_layout import SchemaLayout
from cast_studio.ui.schema_menus import SchemaMenus
from cast_studio.ui.schema_table import SchemaTable

Step = Callable[[SchemaDraft], SchemaDraft]
_MOST_KEYS = 6


def _nothing(_key: str) -> str:
    return ""


class SchemaWindow(QDialog):
    """Changes a draft of a project's schema; :meth:`edit` is what to do once accepted."""

    def __init__(
        self,
        project: Project,
        *,
        can_edit: bool = True,
        draft: SchemaDraft | None = None,
        command_of: Callable[[str], str] = _nothing,
        files: FileQuestions | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """Show the classes of a project.

        Args:
            project: Whose; it is only read.
            can_edit: Whether it may be changed.
            draft: To go on with, of the project's present schema; None to begin anew.
            command_of: Returns what a key does otherwise, empty for nothing.
            files: Knows which folders were used last; None begins anew.
            parent: The window it belongs to.
        """
        super().__init__(parent)
        self._command_of = command_of
        self.setWindowTitle(self.tr("Classes"))
        self._can_edit = can_edit
        self._usage = class_usage(project)
        self._draft = draft or SchemaDraft.of(project.schema)
        self._before = [SchemaDraft.of(project.schema)] if draft is not None else []
        self.model = SchemaTable(self._usage, can_edit=can_edit)
        self.parts = SchemaLayout(self, self.model)
        self._menus = SchemaMenus(self, files or FileQuestions())
        self._connect()
        self._show_heads(0)
        self._refresh()
        has_classes = any(head.classes for head in self._draft.schema.heads)
        (self.parts.search if has_classes else self.parts.new_name).setFocus()

    @property
    def draft(self) -> SchemaDraft:
        """The schema as it would become."""
        return self._draft

    @property
    def head(self) -> LabelHead | None:
        """The head whose classes are shown, None while there is none."""
        heads = self._draft.schema.heads
        position = self.parts.tabs.currentIndex()
        return heads[position] if 0 <= position < len(heads) else None

    @property
    def selected(self) -> tuple[LabelClass, ...]:
        """The chosen classes, from top to bottom."""
        rows = sorted(index.row() for index in self.parts.table.selectionModel().selectedRows())
        found = (self.model.class_at(row) for row in rows)
        return tuple(one for one in found if one is not None)

    def edit(self, *, modified_at: str = "") -> ChangeSchema:
        """Return the one edit that does all that was chosen.

        Args:
            modified_at: ISO 8601 in UTC, of segments that get another class.
        """
        return self._draft.to_edit(summary(self._draft, self._usage), modified_at=modified_at)

    def select(self, *names: str) -> None:
        """Choose classes by their names."""
        head, model = self.head, self.parts.table.selectionModel()
        model.clearSelection()
        flags = QItemSelectionModel.SelectionFlag
        for name in names:
            one = head.class_named(name) if head is not None else None
            if one is not None:
                index = self.model.index(self.model.row_of(one.id), 0)
                model.select(index, flags.Select | flags.Rows)
                model.setCurrentIndex(index, flags.NoUpdate)
                self.parts.table.scrollTo(index)

    # -- what the buttons do

    def add_class(self) -> None:
        """Add the class whose name was typed."""
        name, head = self.parts.new_name.text(), self.head
        if head is None:
            self.parts.tell(self.tr("Add a head first, such as action, or verb and noun."))
            return
        if self._do(lambda draft: draft.add_class(head.name, name)):
            self.parts.new_name.clear()
            self.parts.search.clear()
            self.select(self._draft.schema.head(head.name).classes[-1].name)

    def merge_into(self, one: LabelClass) -> None:
        """Make one class of the chosen ones."""
        ids, head = [found.id for found in self.selected], self.head
        if head is not None and self._do(lambda draft: draft.merge(head.name, ids, one.id)):
            self.select(one.name)

    def retire(self) -> None:
        """Offer the chosen classes no longer; or again, if none of them is offered."""
        head, chosen = self.head, self.selected
        if head is None or not chosen:
            return
        retired = not all(one.retired for one in chosen)
        ids = {one.id for one in chosen}
        if self._do(lambda draft: draft.set_retired(head.name, ids, retired)):
            self.select(*(one.name for one in chosen))

    def delete(self) -> None:
        """Delete the chosen classes, unless segments have them."""
        head, chosen = self.head, self.selected
        if head is not None and chosen:
            ids = {one.id for one in chosen}
            self._do(lambda draft: draft.delete(head.name, ids, self._usage))

    def delete_unused(self) -> None:
        """Delete all classes of the head that no segment has."""
        head = self.head
        if head is None:
            return
        ids = self._draft.unused(head.name, self._usage)
        if not ids:
            self.parts.tell(self.tr("Every class has a label, so there is nothing to delete."))
            return
        self._do(lambda draft: draft.delete(head.name, ids, self._usage))

    def move_by(self, step: int) -> None:
        """Move the chosen classes up (-1) or down (1)."""
        head, chosen = self.head, self.selected
        if head is None or not chosen:
            return
        if self.model.is_filtered:
            self.parts.tell(self.tr("Clear the search first; the order is that of all classes."))
            return
        ids = {one.id for one in chosen}
        if self._do(lambda draft: draft.move(head.name, ids, step)):
            self.select(*(one.name for one in chosen))

    def set_color(self, color: str) -> None:
        """Give the chosen classes a color, as ``#rrggbb``."""
        head, chosen = self.head, self.selected
        if head is None or not chosen:
            return

        def paint(draft: SchemaDraft) -> SchemaDraft:
            for one in chosen:
                draft = draft.change_class((head.name, one.id), color=color)
            return draft

        if self._do(paint):
            self.select(*(one.name for one in chosen))

    def bring_in(self, heads: tuple[ListedHead, ...]) -> None:
        """Take lists of classes over, each into the head of its name."""
        if len(heads) == 1 and self.head is not None:
            # One list goes where the user looks, unless it says where it belongs.
            is_named = self._draft.schema.has_head(heads[0].name)
            heads = heads if is_named else (ListedHead(self.head.name, heads[0].classes),)

        def take(draft: SchemaDraft) -> SchemaDraft:
            for head in heads:
                draft = draft.bring_in(head.name, head.classes)
            return draft

        if self._do(take):
            names = self._draft.schema.head_names
            self._show_heads(names.index(heads[0].name))

    def bring_in_published(self, found: BundledList) -> None:
        """Take a list over that comes with the program."""
        try:
            self.bring_in(found.read())
        except (CastStudioError, FileNotFoundError) as error:
            self.parts.tell(str(error))

    def bring_in_file(self, path: Path) -> None:
        """Take the lists of a file over; the user is told why that cannot be done."""
        try:
            self.bring_in(read_file(path))
        except EditError as error:
            self.parts.tell(str(error))

    def add_head(self, name: str) -> None:
        """Add a head, such as a noun to a verb."""
        if self._do(lambda draft: draft.add_head(name)):
            self._show_heads(len(self._draft.schema.heads) - 1)
            self.parts.new_name.setFocus()

    def remove_head(self) -> None:
        """Remove the shown head, unless segments have classes of it."""
        head = self.head
        if head is not None:
            self._do(lambda draft: draft.remove_head(head.name, self._usage))
            self._show_heads(0)

    def undo(self) -> None:
        """Take the last step in this window back."""
        if self._before:
            position = self.parts.tabs.currentIndex()
            self._draft = self._before.pop()
            self._show_heads(position)
            self._refresh()
            self.parts.tell("")

    # -- wiring

    def _connect(self) -> None:
        parts = self.parts
        parts.tabs.currentChanged.connect(self._on_head_changed)
        parts.search.textChanged.connect(self._on_searched)
        parts.table.selectionModel().selectionChanged.connect(self._on_selected)
        # Later: the editor of the cell is closed by then, and the table may be filled anew.
        self.model.edit_wanted.connect(
            lambda class_id, field, text: QTimer.singleShot(
                0, self, lambda: self._change(class_id, field, text)
            )
        )
        parts.new_name.returnPressed.connect(self.add_class)
        for button, slot in (
            (parts.add, self.add_class),
            (parts.retire, self.retire),
            (parts.delete, self.delete),
            (parts.up, lambda: self.move_by(-1)),
            (parts.down, lambda: self.move_by(1)),
            (parts.color, self._ask_for_color),
            (parts.rename, self._rename),
            (parts.undo, self.undo),
            (parts.cancel, self.reject),
            (parts.apply, self.accept),
        ):
            button.clicked.connect(slot)
        for key, slot in (
            ("Alt+Up", lambda: self.move_by(-1)),
            ("Alt+Down", lambda: self.move_by(1)),
            ("Ctrl+Z", self.undo),
        ):
            QShortcut(QKeySequence(key), self, slot)
        within = Qt.ShortcutContext.WidgetWithChildrenShortcut
        QShortcut(QKeySequence("Del"), parts.table, self.delete, context=within)

    @Slot(int)
    def _on_head_changed(self, position: int) -> None:
        self._refresh()

    @Slot(str)
    def _on_searched(self, typed: str) -> None:
        self._refresh()

    @Slot()
    def _on_selected(self) -> None:
        self._enable()

    def _change(self, class_id: int, field: str, text: str) -> None:
        head = self.head
        if head is None:
            return
        key = (head.name, class_id)
        match field:
            case "name":
                is_done = self._do(lambda draft: draft.change_class(key, name=text))
            case "shortcut":
                is_done = self._change_key(key, canonical(text))
            case "category":
                is_done = self._do(lambda draft: draft.change_class(key, category=text))
            case _:
                is_done = self._do(lambda draft: draft.change_class(key, description=text))
        if is_done:
            self.select(self._draft.schema.head(head.name).class_with_id(class_id).name)

    def _change_key(self, key: tuple[str, int], wanted: str) -> bool:
        problem = class_key_problem(wanted)
        if problem:
            self.parts.tell(self.tr("This key cannot be used: {why}.").format(why=problem))
            return False
        lost: list[str] = []

        def give(draft: SchemaDraft) -> SchemaDraft:
            after, names = draft.give_key(key, wanted)
            lost.extend(names)
            return after

        is_done = self._do(give)
        if lost:
            words = self.tr("{key} was taken from “{name}”; Undo gives it back.")
            self.parts.tell(words.format(key=wanted, name=lost[0]))
        elif is_done and self._command_of(wanted):
            words = self.tr("{key} labels only while letters label; otherwise it does “{name}”.")
            self.parts.tell(words.format(key=wanted, name=self._command_of(wanted)))
        return is_done

    def _rename(self) -> None:
        rows = self.parts.table.selectionModel().selectedRows()
        if rows:
            self.parts.table.setFocus()
            self.parts.table.edit(self.model.index(rows[0].row(), 0))

    @Slot()
    def _ask_for_color(self) -> None:
        self._menus.ask_for_color()

    # -- helpers

    def _do(self, step: Step) -> bool:
        try:
            after = step(self._draft)
        except EditError as error:
            self.parts.tell(str(error))
            return False
        if after != self._draft:
            self._before.append(self._draft)
            self._draft = after
        self.parts.tell("")
        self._show_heads(self.parts.tabs.currentIndex())
        self._refresh()
        return True

    def _show_heads(self, position: int) -> None:
        heads = self._draft.schema.heads
        self.parts.show_heads([(head.name, len(head.active)) for head in heads], position)
        self._refresh()

    def _refresh(self) -> None:
        head, parts = self.head, self.parts
        keys = first_keys(self._draft.schema)
        name = head.name if head is not None else ""
        of_head = {found[1]: key for found, key in keys.items() if found[0] == name}
        self.model.show_head(head or LabelHead("action", ()), of_head, parts.search.text())
        parts.show_impacts((*impacts(self._draft, self._usage), *self._moved_keys()))
        parts.show_empty(
            has_head=head is not None, has_classes=head is not None and bool(head.classes)
        )
        self._enable()

    def _moved_keys(self) -> tuple[Impact, ...]:
        """Return what happens to keys that the user has learned and did not touch."""
        moved = moved_keys(self._draft.before, self._draft.schema)
        if not moved:
            return ()
        none = self.tr("none")
        words = [
            self.tr("“{name}” {key} (was {before})").format(
                name=name, key=native(after) or none, before=native(before) or none
            )
            for name, before, after in moved[:_MOST_KEYS]
        ]
        if len(moved) > _MOST_KEYS:
            words.append(self.tr("{n} more").format(n=len(moved) - _MOST_KEYS))
        return (Impact(self.tr("Keys move up or down"), ", ".join(words)),)

    def _enable(self) -> None:
        chosen, parts = self.selected, self.parts
        parts.enable(
            chosen=len(chosen),
            all_retired=bool(chosen) and all(one.retired for one in chosen),
            can_edit=self._can_edit,
            can_undo=bool(self._before),
            is_changed=self._draft.is_changed,
        )
