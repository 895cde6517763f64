"""From what the user types after ``--model`` to a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cast_studio.app.models import ModelChoice, available_models
from cast_studio.app.preferences import AppFolders
from cast_studio.errors import ModelError
from cast_studio.model.catalog import (
    ADAPTER_CONFIG_NAME,
    CONFIG_NAME,
    ModelInfo,
    read_adapter_info,
    read_info,
)

MODEL_HELP = "the name of an installed model, or the folder of a model or of a trained model"


def choose_model(text: str, folders: AppFolders) -> ModelChoice:
    """Return the model that the user named.

    Args:
        text: A name from ``models list``, a model folder, an adapter folder; "" for the first model
            that is installed.
        folders: Where the user's own models are.

    Raises:
        ModelError: There is no such model, or it cannot be read.
    """
    if not text:
        return ModelChoice(_first(available_models(folders)))
    folder = Path(text)
    if _is_file(folder / ADAPTER_CONFIG_NAME):
        return ModelChoice(_base_of(folder, available_models(folders)), folder.absolute())
    if _is_file(folder / CONFIG_NAME):
        return ModelChoice(read_info(folder.absolute()))
    available = available_models(folders)
    for info in available:
        if info.name == text:
            return ModelChoice(info)
    raise ModelError(
        f"There is no model “{text}”; name one of these, or a model folder: {_named(available)}."
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:
        raise ModelError(
            f"The model “{path.parent}” cannot be opened ({error.strerror or error}); check its name, "
            "and that you may open the folder that it is in."
        ) from error


def _first(available: Sequence[ModelInfo]) -> ModelInfo:
    if not available:
        raise ModelError(
            "No model is installed; install CAST Studio again, or name a model folder with --model."
        )
    return available[0]


def _base_of(adapter: Path, available: Sequence[ModelInfo]) -> ModelInfo:
    trained = read_adapter_info(adapter)
    for info in available:
        if info.weights_sha256 == trained.base_sha256:
            return info
    raise ModelError(
        f"The trained model in “{adapter}” needs the version of “{trained.base}” that it was "
        "trained on, which is not installed; install that one, or retrain."
    )


def _named(available: Sequence[ModelInfo]) -> str:
    return ", ".join(f"“{info.name}”" for info in available) or "none is installed"
