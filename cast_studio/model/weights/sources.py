"""Where experts can be had. Data alone: no torch, and nothing is asked of the network.

Names, files and terms are those that the publishers state. Sizes are rounded as their pages show them,
for the question that comes before a download; during it the server's own number counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cast_studio.errors import ModelError
from cast_studio.model.expert_config import Role
from cast_studio.model.expert_kinds import expert_kind
from cast_studio.model.provenance import EXPERT_LICENSES
from cast_studio.said import say

_OPEN_CLIP_FILES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
_TRANSFORMERS_FILES = ("model.safetensors", "pytorch_model.bin")


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file on the Hugging Face hub.

    Attributes:
        repository: ``owner/name``.
        names: The first of them that is there is taken: safetensors before pickles, as the libraries
            do it themselves.
    """

    repository: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExpertSource:
    """An expert that somebody published.

    Attributes:
        name: What it is called in commands, and in the library once it is there.
        title: What the user reads.
        kind: Which kind of expert it is, a name of :data:`EXPERT_KINDS`.
        bytes: About how much is downloaded.
        what: What it was trained on, in a sentence.
        page: Where a person gets it by hand.
        hub: What to download; None where the publisher offers it to persons only.
    """

    name: str
    title: str
    kind: str
    bytes: int
    what: str
    page: str
    hub: HubFile | None = None

    @property
    def role(self) -> Role:
        """Which of the two experts of CAST it can be."""
        return expert_kind(self.kind).role

    @property
    def license(self) -> str:
        """Under which terms it may be used."""
        return EXPERT_LICENSES[self.kind]

    def by_hand(self) -> str:
        """Return how to bring it without a download of ours, as the end of a sentence."""
        command = f"cast-studio models import FILE --kind {self.kind} --name {self.name}"
        return f"get its file from {self.page} with a browser, then run “{command}”"


def _open_clip(
    name: str, title: str, *, kind: str, megabytes: int, what: str, repository: str
) -> ExpertSource:
    hub = HubFile(repository, _OPEN_CLIP_FILES)
    page = f"https://huggingface.co/{repository}"
    return ExpertSource(name, title, kind, megabytes * 10**6, what, page, hub)


def _videomae(name: str, title: str, *, megabytes: int, what: str, repository: str) -> ExpertSource:
    hub = HubFile(repository, _TRANSFORMERS_FILES)
    page = f"https://huggingface.co/{repository}"
    return ExpertSource(name, title, "videomae-transformers", megabytes * 10**6, what, page, hub)


EXPERT_SOURCES: tuple[ExpertSource, ...] = (
    _open_clip(
        "clip-b16-openai",
        "CLIP ViT-B/16 by OpenAI",
        kind="clip-openai",
        megabytes=599,
        what="Trained on 400 million pictures with captions; the spatial expert of the paper.",
        repository="timm/vit_base_patch16_clip_224.openai",
    ),
    _open_clip(
        "clip-b16-laion2b",
        "CLIP ViT-B/16 by LAION (LAION-2B)",
        kind="clip-open_clip",
        megabytes=599,
        what="Trained on 2 billion pictures with captions from an open collection.",
        repository="laion/CLIP-ViT-B-16-laion2B-s34B-b88K",
    ),
    _open_clip(
        "clip-b16-datacomp",
        "CLIP ViT-B/16 by DataComp (DataComp-XL)",
        kind="clip-open_clip",
        megabytes=599,
        what="Trained on the filtered pictures of the DataComp benchmark.",
        repository="laion/CLIP-ViT-B-16-DataComp.XL-s13B-b90K",
    ),
    _open_clip(
        "eva02-clip-b16",
        "EVA02-CLIP ViT-B/16",
        kind="eva02-clip",
        megabytes=299,
        what="Trained on 2 billion pictures with captions, with rotary positions; half precision.",
        repository="timm/eva02_base_patch16_clip_224.merged2b_s8b_b131k",
    ),
    _videomae(
        "videomae-b16-k400",
        "VideoMAE ViT-B/16, Kinetics-400",
        megabytes=377,
        what="Learned motion by filling in masked videos of Kinetics-400; it was told no classes.",
        repository="MCG-NJU/videomae-base",
    ),
    _videomae(
        "videomae-b16-k400-tuned",
        "VideoMAE ViT-B/16, Kinetics-400, tuned",
        megabytes=346,
        what="Fine-tuned to tell the 400 classes of Kinetics; the classes themselves are left out.",
        repository="MCG-NJU/videomae-base-finetuned-kinetics",
    ),
    _videomae(
        "videomae-b16-ssv2",
        "VideoMAE ViT-B/16, Something v2",
        megabytes=377,
        what="Learned motion by filling in masked videos of Something-Something v2; no classes.",
        repository="MCG-NJU/videomae-base-ssv2",
    ),
    _videomae(
        "videomae-b16-ssv2-tuned",
        "VideoMAE ViT-B/16, Something v2, tuned",
        megabytes=346,
        what="Fine-tuned to tell the 174 classes of Something-Something; they are left out.",
        repository="MCG-NJU/videomae-base-finetuned-ssv2",
    ),
    ExpertSource(
        "videomae-b16-authors",
        "VideoMAE ViT-B/16, the authors' files",
        "videomae",
        380 * 10**6,
        "The files that the published CAST code starts from, several trainings to choose from.",
        "https://github.com/MCG-NJU/VideoMAE/blob/main/MODEL_ZOO.md",
    ),
    ExpertSource(
        "mvd-b16",
        "MVD ViT-B/16",
        "mvd",
        380 * 10**6,
        "Learned motion from a teacher of pictures and one of videos.",
        "https://github.com/ruiwang2021/mvd",
    ),
)
"""All of them, the spatial ones first."""


def expert_source(name: str) -> ExpertSource:
    """Return a source by name.

    Raises:
        ModelError: There is none; those that there are are named.
    """
    for source in EXPERT_SOURCES:
        if source.name == name:
            return source
    known = ", ".join(source.name for source in EXPERT_SOURCES if source.hub is not None)
    raise ModelError(
        say(
            "No expert called “{name}” can be fetched; choose one of these: {known}.",
            name=name,
            known=known,
        )
    )


def downloads_folder(cache: Path, source: ExpertSource) -> Path:
    """Return where the file of a source is kept until it is in the library."""
    return cache / "downloads" / source.name
