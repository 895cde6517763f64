"""Which experts were imported. Reads a few kilobytes of JSON and never loads torch.

An *expert folder* holds ``expert.json`` and ``expert.safetensors``: the expert's tensors under our names
and, where CAST's final norm starts from the expert's own, ``final_norm.weight`` and ``.bias``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from cast_studio.errors import ModelError
from cast_studio.model.catalog import FORMAT, count_parameters, read_config
from cast_studio.model.expert_kinds import Expert
from cast_studio.model.provenance import Provenance
from cast_studio.said import say

EXPERT_CONFIG_NAME = "expert.json"
EXPERT_WEIGHTS_NAME = "expert.safetensors"
FINAL_NORM = "final_norm."
"""What the names of the final norm's tensors start with."""


@dataclass(frozen=True)
class ExpertInfo:
    """What is known of an expert without loading it.

    Attributes:
        name: What the user reads.
        folder: Where it is.
        expert: Kind and sizes.
        weights_sha256: Checksum of the weights file, as written when it was made.
        license: Under which terms the weights may be used.
        provenance: The file it was imported from.
        parameters: Number of weights.
    """

    name: str
    folder: Path
    expert: Expert
    weights_sha256: str
    license: str
    provenance: Provenance
    parameters: int

    def to_json(self) -> dict[str, object]:
        """Return what ``expert.json`` holds."""
        return {
            "format": FORMAT,
            "name": self.name,
            "expert": self.expert.to_json(),
            "weights_sha256": self.weights_sha256,
            "license": self.license,
            "provenance": self.provenance.to_json(),
        }


def read_expert_info(folder: Path) -> ExpertInfo:
    """Read what an expert folder says of itself.

    Raises:
        ModelError: The folder, its configuration or its weights are missing or not readable.
    """
    fields = read_config(folder, EXPERT_CONFIG_NAME, what="expert")
    try:
        return ExpertInfo(
            name=fields.text("name"),
            folder=folder,
            expert=Expert.from_json(fields.value("expert")),
            weights_sha256=fields.text("weights_sha256"),
            license=fields.text("license"),
            provenance=Provenance.from_json(fields.value("provenance")),
            parameters=count_parameters(folder / EXPERT_WEIGHTS_NAME),
        )
    except ValueError as error:
        raise ModelError(
            say(
                "The expert in “{folder}” cannot be used: {error}. Import it again.",
                folder=folder,
                error=error,
            )
        ) from error


def list_experts(
    folder: Path, *, on_damaged: Callable[[ModelError], None]
) -> tuple[ExpertInfo, ...]:
    """Read every expert in a folder of models; what is not one is passed over.

    Args:
        folder: Holds expert folders, among others.
        on_damaged: Told of each expert that cannot be read; the others are listed all the same.

    Returns:
        By name of the folder.
    """
    found = []
    below: Iterable[Path] = sorted(folder.iterdir()) if folder.is_dir() else ()
    for inner in below:
        if not (inner / EXPERT_CONFIG_NAME).is_file():
            continue
        try:
            found.append(read_expert_info(inner))
        except ModelError as error:
            on_damaged(error)
    return tuple(found)
