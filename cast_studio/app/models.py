"""Which models can be used, and how a trained one becomes part of a project."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cast_studio.app.paths import located, portable
from cast_studio.app.preferences import AppFolders
from cast_studio.app.session import Session
from cast_studio.core.edits import AddModel
from cast_studio.core.project import ModelRef
from cast_studio.errors import ModelError
from cast_studio.model.catalog import (
    ADAPTER_WEIGHTS_NAME,
    ModelInfo,
    list_models,
    read_adapter_info,
)
from cast_studio.resource_files import resource_path
from cast_studio.said import say

log = logging.getLogger(__name__)

_ID_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model to load.

    Attributes:
        base: The model folder's description.
        adapter: What was trained on top of it, or None.
    """

    base: ModelInfo
    adapter: Path | None = None


def available_models(
    folders: AppFolders, *, on_damaged: Callable[[ModelError], None] | None = None
) -> tuple[ModelInfo, ...]:
    """Return the bundled models and those that the user added. Reads no weights.

    Args:
        folders: Where the user's own are.
        on_damaged: Told of each model that cannot be read and is left out; by default the log is.

    Raises:
        ModelError: The bundled models are missing.
    """
    try:
        bundled = resource_path("models")
    except FileNotFoundError as error:
        raise ModelError(str(error)) from error
    return list_models(
        [bundled, folders.models], bundled=bundled, on_damaged=on_damaged or _log_damaged
    )


def _log_damaged(error: ModelError) -> None:
    log.warning("%s", error)


def register_trained_model(
    session: Session, base: ModelInfo, adapter_folder: Path, *, name: str = ""
) -> ModelRef:
    """Make what a training run has left part of the project.

    The model's id is that of its predictions, so the same adapter is added once only.

    Args:
        session: The open project.
        base: The model that was trained on.
        adapter_folder: What the run has left.
        name: What the user reads; by default the base model's name with a number.

    Returns:
        The project's model.

    Raises:
        ModelError: The adapter cannot be read.
        EditError: The project is open to read.
    """
    info = read_adapter_info(adapter_folder)
    model_id = trained_model_id(adapter_folder)
    if session.project.has_model(model_id):
        return session.project.model(model_id)
    number = len(session.project.models) + 1
    model = ModelRef(
        id=model_id,
        name=name or f"{base.name}, trained {number}",
        path=portable(adapter_folder.absolute(), session.folder),
        base_sha256=info.base_sha256,
        heads=info.heads,
        clip_spec_version=str(base.clip_spec.version),
        schema_fingerprint=info.schema_fingerprint,
        created_at=info.created_at or session.now(),
    )
    session.do(AddModel(model))
    return model


def trained_model_id(adapter_folder: Path) -> str:
    """Return the id that predictions of a trained model carry: the start of its checksum.

    Raises:
        ModelError: The weights cannot be read.
    """
    try:
        with (adapter_folder / ADAPTER_WEIGHTS_NAME).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:_ID_DIGITS]
    except OSError as error:
        raise ModelError(
            say(
                "The trained model in “{adapter_folder}” cannot be read ({reason}); retrain to "
                "replace it.",
                adapter_folder=adapter_folder,
                reason=error.strerror or error,
            )
        ) from error


def model_id_of(choice: ModelChoice) -> str:
    """Return the id that the predictions of a model carry, without loading it.

    Raises:
        ModelError: The weights of its adapter cannot be read.
    """
    if choice.adapter is not None:
        return trained_model_id(choice.adapter)
    return choice.base.weights_sha256[:_ID_DIGITS]


def latest_model(session: Session, available: Iterable[ModelInfo]) -> ModelChoice | None:
    """Return the model that a reopened project should use.

    That is the newest of its trained models whose files are still there and whose base model is
    installed, else the first model that is installed.

    Args:
        session: The open project.
        available: From :func:`available_models`.

    Returns:
        None when there is no model at all.
    """
    installed = tuple(available)
    for model in reversed(session.project.models):
        adapter = located(model.path, session.folder)
        base = next((info for info in installed if info.weights_sha256 == model.base_sha256), None)
        if base is not None and (adapter / ADAPTER_WEIGHTS_NAME).is_file():
            return ModelChoice(base, adapter)
    return ModelChoice(installed[0]) if installed else None
