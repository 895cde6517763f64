"""Where weights come from and under which terms. No torch here: model lists show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType

from cast_studio.core.json_fields import Fields

NON_COMMERCIAL = "CC BY-NC 4.0: for non-commercial use only"

CAST_LICENSE = f"{NON_COMMERCIAL} (official CAST weights)"
EXPERT_LICENSES: Mapping[str, str] = MappingProxyType(
    {
        "clip-openai": "MIT (CLIP by OpenAI)",
        "clip-open_clip": "MIT (CLIP by LAION and DataComp, through open_clip)",
        "eva02-clip": "MIT (EVA02-CLIP by BAAI, through open_clip and timm)",
        "videomae": f"{NON_COMMERCIAL} (VideoMAE)",
        "videomae-transformers": f"{NON_COMMERCIAL} (VideoMAE)",
        "mvd": "not stated in the file: ask MVD's publisher before any commercial use",
    }
)
"""By kind of expert."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """The file that weights were imported from.

    Attributes:
        source: Its name.
        sha256: Its checksum.
        bytes: Its size.
        imported_at: ISO 8601.
        license: Under which terms the weights may be used, as far as is known.
    """

    source: str
    sha256: str
    bytes: int
    imported_at: str
    license: str

    def to_json(self) -> dict[str, object]:
        """Return the provenance as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: object) -> Provenance:
        """Read what :meth:`to_json` wrote.

        Raises:
            ValueError: A value is missing or of the wrong kind.
        """
        fields = Fields(values, where="the provenance of the weights")
        return cls(
            source=fields.text("source"),
            sha256=fields.text("sha256"),
            bytes=fields.integer("bytes"),
            imported_at=fields.text("imported_at"),
            license=fields.text("license"),
        )
