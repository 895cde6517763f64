"""Predictions kept beside the database, so that a reopened project shows them without a model.

``predictions/<model>/<video>.npz`` holds the spans (int64 ticks), the probabilities (float32, as
the model gave them), the model's heads and where the predictions come from. All of it can be made
again: a file that is damaged or belongs to something else counts as absent, is removed and logged.
Attention maps are not kept; they are large, and the model makes them again in the time it takes to
look at one.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from cast_studio.core.json_fields import Fields
from cast_studio.core.labels import LabelHead
from cast_studio.core.predictions import Prediction, PredictionTrack
from cast_studio.core.timing import TimeSpan
from cast_studio.errors import StoreError
from cast_studio.said import say
from cast_studio.storage.atomic import replacing

log = logging.getLogger(__name__)

CACHE_VERSION = 1
"""A file of another version counts as absent."""

_DAMAGE = (
    ValueError,
    KeyError,
    EOFError,
    TypeError,
    OverflowError,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    SyntaxError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
"""All that numpy and zipfile were seen to raise for files with changed or missing bytes."""

_PLAIN_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,78}[a-z0-9]|[a-z0-9]")
_DEVICE_NAME = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


@dataclass(frozen=True)
class CachedPredictions:
    """What a cache file holds.

    Attributes:
        track: The predictions.
        provenance: What the writer noted: model hash, clip specification, program version, date.
    """

    track: PredictionTrack
    provenance: Mapping[str, str]


def predictions_path(folder: Path, model_id: str, video_id: str) -> Path:
    """Return where the predictions of one model for one video belong.

    Ids that are no good file names on every system are replaced by a readable part and a digest.

    Args:
        folder: The project folder.
        model_id: Any text.
        video_id: Any text.
    """
    return folder / "predictions" / _file_name(model_id) / f"{_file_name(video_id)}.npz"


def save_predictions(
    folder: Path, track: PredictionTrack, *, provenance: Mapping[str, str]
) -> Path:
    """Keep predictions in place of those that the same model gave for the same video before.

    Runs on any thread; two threads must not write the same model and video.

    Args:
        folder: The project folder.
        track: The predictions.
        provenance: How they were made: model hash, clip specification, program version, date.

    Returns:
        The file that was written.

    Raises:
        StoreError: The file cannot be written; the previous one is still there.
    """
    path = predictions_path(folder, track.model_id, track.video_id)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            np.savez_compressed(file, allow_pickle=False, **_arrays(track, provenance))
    except OSError as error:
        raise StoreError(
            say(
                "The predictions could not be kept in “{folder}”: {reason}. They are shown now "
                "and will be computed again next time.",
                folder=path.parent,
                reason=error.strerror or error,
            )
        ) from error
    return path


def load_with_provenance(
    folder: Path,
    model_id: str,
    video_id: str,
    *,
    expected: Mapping[str, str] | None = None,
) -> CachedPredictions | None:
    """Return kept predictions together with how they were made, or None.

    Args:
        folder: The project folder.
        model_id: The model.
        video_id: The video.
        expected: Provenance that must be the same in the file.
    """
    path = predictions_path(folder, model_id, video_id)
    try:
        with path.open("rb") as file:
            found = _read(file)
        _refuse_others(found, model_id, video_id, expected or {})
    except FileNotFoundError:
        return None
    except OSError as error:
        log.warning("the kept predictions %s cannot be read: %s", path, error)
        return None
    except _DAMAGE as error:
        log.warning("the kept predictions %s are removed: %s", path, error)
        _remove_file(path)
        return None
    return found


def remove(folder: Path, model_id: str, video_id: str | None = None) -> None:
    """Delete kept predictions; what is not there is no error.

    Args:
        folder: The project folder.
        model_id: The model.
        video_id: One video, or None for every video of the model.
    """
    if video_id is not None:
        _remove_file(predictions_path(folder, model_id, video_id))
        return
    for path in predictions_path(folder, model_id, "any").parent.glob("*.npz"):
        _remove_file(path)


def _arrays(
    track: PredictionTrack, provenance: Mapping[str, str]
) -> dict[str, NDArray[np.generic]]:
    description = {
        "version": CACHE_VERSION,
        "video_id": track.video_id,
        "model_id": track.model_id,
        "heads": [head.to_json() for head in track.heads],
        "provenance": dict(provenance),
    }
    text = json.dumps(description, ensure_ascii=True).encode("ascii")
    spans = [(found.span.start, found.span.end) for found in track.predictions]
    arrays: dict[str, NDArray[np.generic]] = {
        "description": np.frombuffer(text, dtype=np.uint8),
        "spans": np.array(spans, dtype=np.int64).reshape(-1, 2),
    }
    for position, head in enumerate(track.heads):
        rows = [found.scores[head.name] for found in track.predictions]
        table = np.array(rows, dtype=np.float32).reshape(-1, len(head.classes))
        arrays[f"scores_{position}"] = table
    return arrays


def _read(file: BinaryIO) -> CachedPredictions:
    archive = np.load(file, allow_pickle=False)
    if not isinstance(archive, NpzFile):
        raise ValueError("they are not an archive of arrays")
    with archive as arrays:
        fields = Fields(
            json.loads(arrays["description"].tobytes().decode("ascii")),
            where="the description of the predictions",
        )
        if fields.integer("version") != CACHE_VERSION:
            raise ValueError(f"they have the version {fields.integer('version')}")
        heads = tuple(LabelHead.from_json(item) for item in fields.items("heads"))
        tables = [arrays[f"scores_{position}"] for position in range(len(heads))]
        spans = arrays["spans"].tolist()
    if any(len(table) != len(spans) for table in tables):
        raise ValueError("they do not have one row of scores for each span")
    predictions = tuple(
        Prediction(
            TimeSpan(start, end),
            {head.name: table[row] for head, table in zip(heads, tables, strict=True)},
        )
        for row, (start, end) in enumerate(spans)
    )
    track = PredictionTrack(fields.text("video_id"), fields.text("model_id"), heads, predictions)
    return CachedPredictions(track, _texts(fields.value("provenance")))


def _texts(values: object) -> Mapping[str, str]:
    if not isinstance(values, dict):
        raise ValueError("their provenance is not an object")
    return {str(name): str(value) for name, value in values.items()}


def _refuse_others(
    found: CachedPredictions, model_id: str, video_id: str, expected: Mapping[str, str]
) -> None:
    """Raise ``ValueError`` if a file is not about what was asked for."""
    if (found.track.model_id, found.track.video_id) != (model_id, video_id):
        raise ValueError(f"they belong to {found.track.model_id} and {found.track.video_id}")
    for name, value in expected.items():
        if found.provenance.get(name) != value:
            raise ValueError(f"their {name} is {found.provenance.get(name)!r}, not {value!r}")


def _file_name(identifier: str) -> str:
    if _PLAIN_NAME.fullmatch(identifier) and not _DEVICE_NAME.fullmatch(identifier):
        return identifier
    digest = hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    readable = re.sub(r"[^a-z0-9]+", "-", identifier.lower()).strip("-")[:40]
    return f"{readable or 'id'}-{digest}"


def _remove_file(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s cannot be removed: %s", path, error)
