"""The models and experts of this machine: what there is, bringing more, and taking some away.

What reads weights imports torch and takes its time, and so belongs on a worker's thread; the rest reads
a few kilobytes.
"""

from __future__ import annotations

import logging
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

from cast_studio.app.garbage import without_garbage_collection
from cast_studio.app.library_items import REPORT_NAME, LibraryItem, list_items
from cast_studio.app.library_words import megabytes
from cast_studio.app.preferences import AppFolders
from cast_studio.app.preloading import preload_torch_libraries
from cast_studio.core.labels import LabelHead
from cast_studio.errors import ModelError
from cast_studio.model.catalog import (
    ADAPTER_CONFIG_NAME,
    CONFIG_NAME,
    AdapterInfo,
    ModelInfo,
    read_adapter_info,
    read_info,
)
from cast_studio.model.weights.sources import EXPERT_SOURCES, ExpertSource, downloads_folder
from cast_studio.resource_files import resource_path
from cast_studio.said import say

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far something long is.

    Attributes:
        doing: In a word or two: "Downloading".
        share: 0 to 1.
        note: More about it, such as "120 of 599 MB".
    """

    doing: str
    share: float
    note: str = ""


OnProgress: TypeAlias = Callable[[Progress], None]
"""What it raises ends the work; nothing half-made is left but the part of a download."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What came into the library.

    Attributes:
        name: What it is called there.
        folder: Where it is.
        sentence: What became of the file, in a sentence.
        report: The same in full.
    """

    name: str
    folder: Path
    sentence: str
    report: str = ""


class ModelLibrary:
    """The bundled models, and the folder of those that the user brought.

    Args:
        folders: Where the user's are.
    """

    def __init__(self, folders: AppFolders) -> None:
        self.folders = folders

    def items(
        self, *, on_damaged: Callable[[ModelError], None] | None = None
    ) -> tuple[LibraryItem, ...]:
        """Return what there is: models, then experts, then what was trained elsewhere and imported.

        Args:
            on_damaged: Told of each that cannot be read and is left out; by default the log is.

        Raises:
            ModelError: The bundled models are missing, or the library cannot be opened.
        """
        try:
            return list_items(self.folders, on_damaged=on_damaged or _log_damaged)
        except OSError as error:
            raise ModelError(
                say(
                    "The models in “{models}” cannot be listed ({reason}); check the folder.",
                    models=self.folders.models,
                    reason=error.strerror or error,
                )
            ) from error

    def find(self, text: str) -> LibraryItem:
        """Return what the user named.

        Args:
            text: A name, or the folder of something in the library.

        Raises:
            ModelError: There is no such thing, or there are several.
        """
        items = self.items()
        found = [item for item in items if item.name == text]
        if not found:
            folder = Path(text).absolute()
            found = [item for item in items if item.folder.absolute() == folder]
        if len(found) > 1:
            folders = " and ".join(f"“{item.folder}”" for item in found)
            raise ModelError(
                say(
                    "Several are called “{text}”; name one of the folders {folders}.",
                    text=text,
                    folders=folders,
                )
            )
        if not found:
            names = ", ".join(f"“{item.name}”" for item in items) or "nothing is"
            raise ModelError(
                say(
                    "There is no model or expert “{text}”; installed: {names}.",
                    text=text,
                    names=names,
                )
            )
        return found[0]

    def fetchable(self) -> tuple[ExpertSource, ...]:
        """Return the published experts that are not in the library yet."""
        return tuple(
            source for source in EXPERT_SOURCES if not (self.folders.models / source.name).exists()
        )

    def fetch(
        self,
        source: ExpertSource,
        *,
        on_progress: OnProgress | None = None,
        endpoint: str | None = None,
    ) -> Brought:
        """Download an expert and import it. The user has agreed already. Imports torch.

        Args:
            source: Which one.
            on_progress: Told how far it is.
            endpoint: The hub; None for the one that its client is set up for.

        Raises:
            ModelError: It is there already, or cannot be fetched or imported.
        """
        from cast_studio.model.weights.fetching import fetch

        if (self.folders.models / source.name).exists():
            raise ModelError(
                say(
                    "“{file}” is in the library already; to fetch it again, remove it first.",
                    file=source.name,
                )
            )
        tell = on_progress or _ignore
        downloads = downloads_folder(self.folders.cache, source)

        def on_fetched(there: int, total: int) -> None:
            share = there / total if total else 0.0
            note = f"{megabytes(there)} of {megabytes(total)}"
            tell(Progress("Downloading", share, note))

        file = fetch(source, downloads, on_progress=on_fetched, endpoint=endpoint)
        brought = self.import_file(file, name=source.name, kind=source.kind, on_progress=tell)
        shutil.rmtree(downloads, ignore_errors=True)
        return brought

    def import_file(
        self,
        source: Path,
        *,
        name: str | None = None,
        kind: str | None = None,
        heads: Sequence[LabelHead] = (),
        on_progress: OnProgress | None = None,
    ) -> Brought:
        """Import a file or folder of weights. Imports torch.

        Args:
            source: What to import.
            name: What it is to be called; None: after the source.
            kind: Which kind of expert it is, where the file does not tell.
            heads: The classes of a CAST model, which official files do not hold.
            on_progress: Told how far it is.

        Raises:
            ModelError: It is refused, or cannot be kept.
        """
        tell = on_progress or _ignore
        tell(Progress("Importing", 0.0))
        _import_with_torch("cast_studio.model.weights.importing")
        from cast_studio.model.weights.importing import import_file

        imported = import_file(
            source,
            self.folders.models,
            name=name,
            kind=kind,
            class_names={head.name: [one.name for one in head.classes] for head in heads} or None,
            bases=self._bundled(),
            on_progress=lambda share: tell(Progress("Importing", share)),
        )
        report = imported.report
        self._keep_report(imported.folder, report.text())
        sentence = f"{report.sentence()}{_unused(heads, imported.folder)}"
        return Brought(imported.folder.name, imported.folder, sentence, report=report.text())

    def combine(
        self, spatial: str, temporal: str, *, name: str, heads: Sequence[LabelHead]
    ) -> Brought:
        """Make a model of two experts of the library, to be trained. Imports torch.

        Args:
            spatial: Name or folder of the expert that sees pictures.
            temporal: Of the one that sees motion.
            name: What the model is to be called.
            heads: The classes it is to tell.

        Raises:
            ModelError: They do not go together, or the model cannot be kept.
        """
        experts = [self.find(text) for text in (spatial, temporal)]
        for item in experts:
            if item.kind != "expert":
                raise ModelError(
                    say(
                        "“{item}” is a {kind}, not an expert; name two experts of “models list”.",
                        item=item.name,
                        kind=item.kind,
                    )
                )
        _import_with_torch("cast_studio.model.weights.making")
        from cast_studio.model.weights.making import make_cast

        folder = make_cast(
            experts[0].folder, experts[1].folder, heads, library=self.folders.models, name=name
        )
        classes = " and ".join(f"{len(head.classes)} {head.name}s" for head in heads)
        return Brought(
            folder.name,
            folder,
            f"Made “{folder.name}” of “{experts[0].name}” and “{experts[1].name}” for {classes}; it tells "
            "none of them before it is trained.",
        )

    def dependents(self, item: LibraryItem, projects: Iterable[Path] = ()) -> tuple[str, ...]:
        """Return what could not be used any more without something, in words.

        Trained models name the model that they were trained on; models made of experts have these inside
        them and need nothing.

        Args:
            item: What might be removed.
            projects: Project folders to look into, beside those that the program keeps itself.
        """
        if not isinstance(item.about, ModelInfo):
            return ()
        found = [
            f"the trained model “{other.name}”"
            for other in self.items()
            if isinstance(other.about, AdapterInfo)
            and other.about.base_sha256 == item.about.weights_sha256
        ]
        for project in dict.fromkeys((*projects, *self._own_projects())):
            runs = _runs_on(project, item.about.weights_sha256)
            if runs:
                count = "a trained model" if runs == 1 else f"{runs} trained models"
                found.append(f"{count} of the project “{project.stem}”")
        return tuple(found)

    def remove(self, item: LibraryItem) -> None:
        """Take something out of the library and off the disk; the user was asked already.

        Raises:
            ModelError: It came with the program, or cannot be removed.
        """
        if item.is_bundled:
            raise ModelError(say("“{item}” came with the program and stays.", item=item.name))
        # It is gone in one step; what is left to clear away afterwards is where nobody looks for models.
        try:
            if item.folder.is_symlink():
                item.folder.unlink()
                return
            waste = Path(tempfile.mkdtemp(prefix=".removed-", dir=item.folder.parent))
            item.folder.rename(waste / "model")
            shutil.rmtree(waste)
        except OSError as error:
            raise ModelError(
                say(
                    "“{folder}” cannot be removed ({reason}); close what uses it and check that "
                    "you may change the folder.",
                    folder=item.folder,
                    reason=error.strerror or error,
                )
            ) from error

    def _keep_report(self, folder: Path, text: str) -> None:
        try:
            (folder / REPORT_NAME).write_text(text + "\n", "utf-8")
        except OSError:
            log.warning("the report of an import cannot be kept", exc_info=True)

    def _bundled(self) -> tuple[Path, ...]:
        try:
            return (resource_path("models"),)
        except FileNotFoundError:
            return ()

    def _own_projects(self) -> tuple[Path, ...]:
        places = (self.folders.projects, self.folders.data / "samples")
        return tuple(
            folder for place in places if place.is_dir() for folder in sorted(place.glob("*.cast"))
        )


def _unused(heads: Sequence[LabelHead], folder: Path) -> str:
    """Return what to tell of lists of classes for heads that the imported model does not have."""
    known = set()
    if (folder / CONFIG_NAME).is_file():
        known = {head.name for head in read_info(folder).heads}
    left = [f"“{head.name}”" for head in heads if head.name not in known]
    if not left:
        return ""
    return say(
        " The list of classes for {left} was not used: it has no such head.",
        left=" and ".join(left),
    )


def _runs_on(project: Path, base_sha256: str) -> int:
    """Count the trained models of a project that need a model."""
    count = 0
    for config in project.glob(f"runs/*/{ADAPTER_CONFIG_NAME}"):
        try:
            count += read_adapter_info(config.parent).base_sha256 == base_sha256
        except ModelError:
            log.info("%s is left out of the count", config, exc_info=True)
    return count


def _log_damaged(error: ModelError) -> None:
    log.warning("%s", error)


def _ignore(_progress: Progress) -> None:
    """Tell nobody."""


def _import_with_torch(module: str) -> None:
    """Import a module that needs torch, which is hard on a window where it is the first."""
    if "torch" in sys.modules:
        import_module(module)
        return
    preload_torch_libraries()
    with without_garbage_collection():
        import_module(module)
