"""The library of models without waiting: one thing at a time on a pool thread, with its progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final

from PySide6.QtCore import QObject, Signal, Slot
from shiboken6 import isValid

from cast_studio.app.library_items import LibraryItem
from cast_studio.app.model_library import Brought, ModelLibrary, OnProgress, Progress
from cast_studio.app.threads import BackgroundCall, run_in_background
from cast_studio.core.labels import LabelHead
from cast_studio.errors import ModelError
from cast_studio.model.weights.sources import ExpertSource
from cast_studio.said import say

_SECONDS_BETWEEN: Final = 0.1


@dataclass(frozen=True, slots=True)
class Shelf:
    """What there is and what there could be.

    Attributes:
        items: In the library.
        sources: Published experts that are not in it.
        damaged: A sentence for each that cannot be read.
    """

    items: tuple[LibraryItem, ...]
    sources: tuple[ExpertSource, ...]
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Removed:
    name: str


@dataclass(frozen=True, slots=True)
class _Weighed:
    item: LibraryItem
    dependents: tuple[str, ...]


class _CancelledError(Exception):
    """The user wants no more of it."""


class _Cancelled:
    """In place of a result."""


class LibraryService(QObject):
    """Asks a library to do things. GUI thread; all work happens on a pool thread, one at a time.

    Signals:
        listed: The :class:`Shelf`.
        busy_changed: Whether something is going on that changes the library.
        progressed: The :class:`Progress`; at most ten times a second.
        brought: The :class:`Brought` that has come into the library.
        removed: The name of what is gone.
        weighed: The :class:`LibraryItem` that might be removed, and what depends on it, in words.
        failed: A sentence.
        cancelled: What was going on has been stopped.
    """

    listed = Signal(object)
    busy_changed = Signal(bool)
    progressed = Signal(object)
    brought = Signal(object)
    removed = Signal(str)
    weighed = Signal(object, object)
    failed = Signal(str)
    cancelled = Signal()
    _told = Signal(object)

    def __init__(
        self, library: ModelLibrary, *, endpoint: str | None = None, parent: QObject | None = None
    ) -> None:
        """Do nothing yet.

        Args:
            library: Does the work.
            endpoint: The hub that experts are fetched from; None for the usual one.
            parent: Owns the service.
        """
        super().__init__(parent)
        self._library = library
        self._endpoint = endpoint
        self._stop = Event()
        self._work: BackgroundCall | None = None
        self._listing: BackgroundCall | None = None
        self._is_done = Event()
        self._is_done.set()
        self._told.connect(self._on_told)

    @property
    def is_busy(self) -> bool:
        """Whether something is going on that changes the library."""
        return self._work is not None

    def refresh(self) -> None:
        """Look what there is; ends in ``listed`` or ``failed``."""
        library = self._library

        def look() -> Shelf:
            damaged: list[ModelError] = []
            items = library.items(on_damaged=damaged.append)
            return Shelf(items, library.fetchable(), tuple(map(str, damaged)))

        self._listing = run_in_background(
            look,
            doing=say("Listing the models"),
            on_success=self._on_listed,
            on_failure=self._on_listing_failed,
        )

    def fetch(self, source: ExpertSource) -> None:
        """Download and import an expert, to which the user has agreed."""
        self._begin(
            lambda tell: self._library.fetch(source, on_progress=tell, endpoint=self._endpoint),
            doing=say("Fetching “{title}”", title=source.title),
        )

    def import_file(
        self, path: Path, *, name: str = "", kind: str = "", heads: Sequence[LabelHead] = ()
    ) -> None:
        """Import a file or folder of weights.

        Args:
            path: Where it is.
            name: What it is to be called; "": after the file.
            kind: Which kind of expert it is; "": as the file tells.
            heads: The classes of a CAST model.
        """
        self._begin(
            lambda tell: self._library.import_file(
                path, name=name or None, kind=kind or None, heads=heads, on_progress=tell
            ),
            doing=say("Importing “{file}”", file=path.name),
        )

    def weigh_removal(self, item: LibraryItem, projects: Sequence[Path] = ()) -> None:
        """Find out what depends on something; answered by ``weighed``."""
        self._begin(
            lambda _tell: _Weighed(item, self._library.dependents(item, projects)),
            doing=say("Looking what needs “{model}”", model=item.name),
        )

    def remove(self, item: LibraryItem) -> None:
        """Remove something, to which the user has agreed."""

        def work(_tell: OnProgress) -> _Removed:
            self._library.remove(item)
            return _Removed(item.name)

        self._begin(work, doing=say("Removing “{model}”", model=item.name))

    @Slot()
    def cancel(self) -> None:
        """Stop what is going on; a download keeps the part that is there."""
        self._stop.set()

    def close(self, timeout_ms: int = 5000) -> bool:
        """Stop what is going on and wait for it; a download may be waiting for its server.

        Returns:
            Whether it has ended in time. If not, it ends by itself, and changes the library no more.
        """
        self.cancel()
        return self._is_done.wait(timeout_ms / 1000)

    def _begin(self, work: Callable[[OnProgress], object], *, doing: str) -> None:
        if self._work is not None:
            return
        stop, is_done = Event(), Event()
        self._stop, self._is_done = stop, is_done
        last = 0.0

        def tell(progress: Progress) -> None:
            nonlocal last
            if stop.is_set():
                raise _CancelledError
            now = time.monotonic()
            if now - last >= _SECONDS_BETWEEN and isValid(self):
                last = now
                self._told.emit(progress)

        def run() -> object:
            try:
                return work(tell)
            except _CancelledError:
                return _Cancelled()
            finally:
                is_done.set()

        self._work = run_in_background(
            run, doing=doing, on_success=self._on_ended, on_failure=self._on_failed
        )
        self.busy_changed.emit(True)

    @Slot(object)
    def _on_told(self, progress: Progress) -> None:
        if self._work is not None:
            self.progressed.emit(progress)

    @Slot(object)
    def _on_listed(self, shelf: Shelf) -> None:
        self._listing = None
        self.listed.emit(shelf)

    @Slot(str)
    def _on_listing_failed(self, sentence: str) -> None:
        self._listing = None
        self.failed.emit(sentence)

    @Slot(object)
    def _on_ended(self, result: object) -> None:
        self._free()
        match result:
            case Brought():
                self.brought.emit(result)
            case _Removed():
                self.removed.emit(result.name)
            case _Weighed():
                self.weighed.emit(result.item, result.dependents)
            case _Cancelled():
                self.cancelled.emit()

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        self._free()
        self.failed.emit(sentence)

    def _free(self) -> None:
        self._work = None
        self.busy_changed.emit(False)
