"""What is in the library of models: each thing with its terms and its size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from cast_studio.app.models import available_models
from cast_studio.app.preferences import AppFolders
from cast_studio.errors import ModelError
from cast_studio.model.catalog import ADAPTER_CONFIG_NAME, AdapterInfo, ModelInfo, read_adapter_info
from cast_studio.model.expert_catalog import ExpertInfo, list_experts
from cast_studio.said import say

ItemKind: TypeAlias = Literal["model", "expert", "trained model"]

REPORT_NAME: Final = "load-report.txt"
"""The report of an import, in the folder of what was imported."""
_SAYS_NON_COMMERCIAL: Final = ("non-commercial", "noncommercial", "by-nc")


@dataclass(frozen=True)
class LibraryItem:
    """Something in the library.

    Attributes:
        name: What the user calls it.
        kind: What it is.
        folder: Where it is.
        bytes: What it takes on the disk.
        license: Under which terms it may be used.
        is_bundled: Whether it came with the program.
        about: All that is known of it.
    """

    name: str
    kind: ItemKind
    folder: Path
    bytes: int
    license: str
    is_bundled: bool
    about: ModelInfo | ExpertInfo | AdapterInfo

    @property
    def is_non_commercial(self) -> bool:
        """Whether its terms forbid commercial use."""
        return is_non_commercial(self.license)

    @property
    def report(self) -> str:
        """The report of its import; empty where there is none."""
        try:
            return (self.folder / REPORT_NAME).read_text("utf-8")
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            return say("The report cannot be read: {error}.", error=error)


def is_non_commercial(terms: str) -> bool:
    """Return whether terms of use forbid commercial use."""
    text = terms.lower().replace(" ", "-")
    return any(words in text for words in _SAYS_NON_COMMERCIAL)


def list_items(
    folders: AppFolders, *, on_damaged: Callable[[ModelError], None]
) -> tuple[LibraryItem, ...]:
    """Return what there is: models, then experts, then what was trained elsewhere and imported.

    Args:
        folders: Where the user's are.
        on_damaged: Told of each that cannot be read and is left out.

    Raises:
        ModelError: The bundled models are missing.
        OSError: The library cannot be opened.
    """
    models = available_models(folders, on_damaged=on_damaged)
    experts = list_experts(folders.models, on_damaged=on_damaged)
    return (
        *map(_of_model, models),
        *map(_of_expert, experts),
        *_trained(folders.models, models, on_damaged),
    )


def _of_model(info: ModelInfo) -> LibraryItem:
    size = _size(info.folder)
    return LibraryItem(info.name, "model", info.folder, size, info.license, info.is_bundled, info)


def _of_expert(info: ExpertInfo) -> LibraryItem:
    size = _size(info.folder)
    return LibraryItem(info.name, "expert", info.folder, size, info.license, False, info)


def _trained(
    folder: Path, models: Sequence[ModelInfo], on_damaged: Callable[[ModelError], None]
) -> Iterable[LibraryItem]:
    licenses = {info.weights_sha256: info.license for info in models}
    for inner in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not (inner / ADAPTER_CONFIG_NAME).is_file():
            continue
        try:
            info = read_adapter_info(inner)
        except ModelError as error:
            on_damaged(error)
            continue
        terms = licenses.get(info.base_sha256, f"that of “{info.base}”, which is not installed")
        yield LibraryItem(inner.name, "trained model", inner, _size(inner), terms, False, info)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
