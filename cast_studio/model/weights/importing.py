"""Bringing a file of weights into the user's library: recognized, complete, safetensors, with its origin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from torch import Tensor

from cast_studio.core.clips import ClipSpec
from cast_studio.core.labels import LabelClass, LabelHead, color_for
from cast_studio.errors import ModelError
from cast_studio.model.catalog import CONFIG_NAME, WEIGHTS_NAME
from cast_studio.model.checkpoints import model_config
from cast_studio.model.config import HeadConfig
from cast_studio.model.expert_catalog import (
    EXPERT_CONFIG_NAME,
    EXPERT_WEIGHTS_NAME,
    FINAL_NORM,
    ExpertInfo,
)
from cast_studio.model.expert_kinds import EXPERT_KINDS, expert_kind, recognize
from cast_studio.model.expert_translation import Translation, translate
from cast_studio.model.provenance import CAST_LICENSE, EXPERT_LICENSES, Provenance
from cast_studio.model.weights.folders import (
    OnBytes,
    check_name,
    checksum,
    free_name,
    new_folder,
    write_json,
    write_weights,
)
from cast_studio.model.weights.official import OfficialCast, is_cast, translate_cast
from cast_studio.model.weights.own import find_own, import_own
from cast_studio.model.weights.reading import TensorFile, read_tensors, weights_file
from cast_studio.model.weights.report import LoadReport
from cast_studio.said import say

OnProgress: TypeAlias = Callable[[float], None]
"""Told the fraction that is done; what it raises ends the import, and nothing is left behind."""


_ONLY_SCRIPT = "clip-openai"
"""The one kind of expert that is published as TorchScript."""


@dataclass(frozen=True)
class Imported:
    """What an import left.

    Attributes:
        folder: The new folder in the library: a model's, an expert's or an adapter's.
        report: What became of the file's tensors.
    """

    folder: Path
    report: LoadReport


def import_file(
    source: Path,
    library: Path,
    *,
    name: str | None = None,
    kind: str | None = None,
    frames: int | None = None,
    size: int | None = None,
    class_names: Mapping[str, Sequence[str]] | None = None,
    bases: Iterable[Path] = (),
    on_progress: OnProgress | None = None,
) -> Imported:
    """Import a complete CAST, a complete expert or an adapter of a known model.

    The file is read as data and none of it is run; see :func:`read_tensors`.

    Args:
        source: A file, a DeepSpeed folder, or a folder that CAST Studio wrote.
        library: Where the user's models are; the new folder is made in it.
        name: Of the new folder; None: after the source, with a number where that is in use.
        kind: Which expert the file holds, a name of :data:`EXPERT_KINDS`, where the file does not tell.
        frames: Frames of a temporal expert's clips, which no file tells; None: as published, 16.
        size: Side of its picture in pixels, likewise; None: as published, 224.
        class_names: By head, the classes of a CAST model in the order of its scores, which no official
            file holds; without them they are called by number.
        bases: More folders of models (such as the bundled ones) that an adapter may belong to.
        on_progress: Called while reading and writing.

    Raises:
        ModelError: The file is damaged, dangerous, none of the three, or cannot be kept.
    """
    if kind is not None:
        expert_kind(kind)
    if name is not None:
        check_name(name)
    own = find_own(source)
    if own is not None:
        folder = own.folder
        target = name or free_name(library, folder.resolve().name)
        report = import_own(own, library, name=target, bases=bases, imported_at=_now())
        return Imported(library / target, report)
    path = weights_file(source)
    tell = _Progress(path.stat().st_size, on_progress)
    sha256 = _checksum(path, tell.add)
    file = read_tensors(source)
    origin = Provenance(_name_of(source), sha256, path.stat().st_size, _now(), license="")
    target = name or free_name(library, source.resolve().stem)
    try:
        if kind is None and is_cast(file.tensors):
            report = _import_cast(file, origin, library, target, class_names or {}, tell)
        else:
            chosen = expert_kind(_recognized(file, kind))
            translation = translate(chosen, file.tensors, frames=frames, size=size)
            report = _import_expert(file, translation, origin, library, target, tell)
    except ValueError as error:
        raise ModelError(
            say("“{path}” cannot be used: {error}; get the file again.", path=path, error=error)
        ) from error
    tell.finish()
    return Imported(library / target, report)


def _import_cast(
    file: TensorFile,
    origin: Provenance,
    library: Path,
    name: str,
    class_names: Mapping[str, Sequence[str]],
    tell: _Progress,
) -> LoadReport:
    cast = translate_cast(file.tensors)
    heads = tuple(_label_head(head, class_names.get(head.name)) for head in cast.heads)
    origin = _licensed(origin, CAST_LICENSE)
    needs = tell.expect(cast.weights)
    with new_folder(library, name, needs=needs) as folder:
        sha256 = write_weights(folder / WEIGHTS_NAME, cast.weights, on_bytes=tell.add)
        config = model_config(
            cast.network,
            name=name,
            heads=heads,
            clip_spec=ClipSpec(frames=cast.network.frames, size=cast.network.size),
            weights_sha256=sha256,
            knows=_knows(cast, class_names),
            license_terms=CAST_LICENSE,
            provenance=[origin],
        )
        write_json(folder / CONFIG_NAME, config)
    what = f"CAST for {cast.dataset or 'classes of its own'} ({_counts(cast)})"
    return LoadReport(what, file.container, cast.used, {**cast.dropped, **file.ignored})


def _import_expert(
    file: TensorFile,
    translation: Translation,
    origin: Provenance,
    library: Path,
    name: str,
    tell: _Progress,
) -> LoadReport:
    chosen = EXPERT_KINDS[translation.expert.kind]
    if translation.missing:
        raise ModelError(
            say(
                "“{path}” holds a part of the expert “{chosen}” only: {count} tensors are "
                "missing, such as “{missing}”; get the whole file.",
                path=file.path,
                chosen=chosen.title,
                count=len(translation.missing),
                missing=translation.missing[0],
            )
        )
    license_terms = EXPERT_LICENSES[chosen.name]
    weights = {**translation.weights}
    weights |= {FINAL_NORM + part: tensor for part, tensor in translation.final_norm.items()}
    needs = tell.expect(weights)
    with new_folder(library, name, needs=needs) as folder:
        sha256 = write_weights(folder / EXPERT_WEIGHTS_NAME, weights, on_bytes=tell.add)
        info = ExpertInfo(
            name=name,
            folder=folder,
            expert=translation.expert,
            weights_sha256=sha256,
            license=license_terms,
            provenance=_licensed(origin, license_terms),
            parameters=sum(tensor.numel() for tensor in weights.values()),
        )
        write_json(folder / EXPERT_CONFIG_NAME, info.to_json())
    used = tuple(key for key in file.tensors if key not in translation.dropped)
    dropped = {**translation.dropped, **file.ignored}
    what = f"the {chosen.role} expert “{chosen.title}”"
    return LoadReport(what, file.container, used, dropped)


def _recognized(file: TensorFile, kind: str | None) -> str:
    """Return the kind of an expert: the one the user named, else the one the names tell."""
    if kind is not None:
        return kind
    possible = recognize(file.tensors)
    if file.container == "TorchScript archive" and _ONLY_SCRIPT in possible:
        return _ONLY_SCRIPT
    if not possible:
        raise ModelError(
            say(
                "“{path}” is neither a complete CAST model nor an expert nor an adapter of a "
                "known model: its {count} tensors have names such as “{first}”; choose a file "
                "of CAST or of one of these: {value}.",
                path=file.path,
                count=len(file.tensors),
                first=min(file.tensors),
                value=", ".join(k.title for k in EXPERT_KINDS.values()),
            )
        )
    if len(possible) > 1:
        titles = " or ".join(f"“{EXPERT_KINDS[one].title}” ({one})" for one in possible)
        raise ModelError(
            say(
                "“{path}” does not tell whether it is {titles}; say which it is.",
                path=file.path,
                titles=titles,
            )
        )
    return possible[0]


def _label_head(head: HeadConfig, names: Sequence[str] | None) -> LabelHead:
    """Return a head with the classes named; by number where nobody said their names."""
    if names is None:
        names = [f"{head.name} {number}" for number in range(head.classes)]
    if len(names) != head.classes:
        raise ModelError(
            say(
                "The list of classes for “{head}” has {count} names where the model has "
                "{classes} classes; choose the list that it was trained with.",
                head=head.name,
                count=len(names),
                classes=head.classes,
            )
        )
    try:
        return LabelHead(
            head.name,
            tuple(LabelClass(at, name, color_for(at)) for at, name in enumerate(names)),
        )
    except ValueError as error:
        raise ModelError(
            say(
                "The list of classes for “{head}” cannot be used: {error} Correct the list.",
                head=head.name,
                error=error,
            )
        ) from error


def _knows(cast: OfficialCast, class_names: Mapping[str, Sequence[str]]) -> str:
    trained = f" of {cast.dataset}" if cast.dataset else ""
    if class_names:
        return say(
            "Tells {counts}{trained}; train it for others.", counts=_counts(cast), trained=trained
        )
    return say(
        "Tells {counts}{trained} by number, as its file names no classes; train it for others.",
        counts=_counts(cast),
        trained=trained,
    )


def _counts(cast: OfficialCast) -> str:
    return " and ".join(f"{head.classes} {head.name}s" for head in cast.heads)


def _licensed(origin: Provenance, terms: str) -> Provenance:
    return Provenance(origin.source, origin.sha256, origin.bytes, origin.imported_at, terms)


def _name_of(source: Path) -> str:
    """A file's name; a DeepSpeed folder's, with the file inside it."""
    return source.resolve().name + (f"/{weights_file(source).name}" if source.is_dir() else "")


def _checksum(path: Path, on_bytes: OnBytes) -> str:
    try:
        return checksum(path, on_bytes=on_bytes)
    except OSError as error:
        raise ModelError(
            say(
                "“{path}” cannot be read ({reason}); check the file and try again.",
                path=path,
                reason=error.strerror or error,
            )
        ) from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class _Progress:
    """Bytes read and written, as one fraction; float32 is taken for granted until more is known."""

    def __init__(self, size: int, on_progress: OnProgress | None) -> None:
        self._total = 2 * size
        self._read = size
        self._done = 0
        self._on_progress = on_progress

    def expect(self, weights: Mapping[str, Tensor]) -> int:
        """Take note of what will be written, and return its bytes."""
        needs = sum(tensor.numel() * 4 for tensor in weights.values())
        self._total = self._read + needs
        return needs

    def add(self, count: int) -> None:
        """Count bytes that are done."""
        self._done += count
        if self._on_progress is not None:
            self._on_progress(min(1.0, self._done / max(1, self._total)))

    def finish(self) -> None:
        """Say that all is done."""
        if self._on_progress is not None:
            self._on_progress(1.0)
