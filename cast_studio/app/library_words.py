"""What is told of models and experts, the same in the window and on the command line."""

from __future__ import annotations

from cast_studio.app.library_items import LibraryItem, is_non_commercial
from cast_studio.model.catalog import ModelInfo
from cast_studio.model.expert_catalog import ExpertInfo
from cast_studio.model.expert_kinds import expert_kind
from cast_studio.model.provenance import Provenance
from cast_studio.model.weights.sources import ExpertSource

NON_COMMERCIAL = "Its weights are for non-commercial use only."

Facts = tuple[tuple[str, str], ...]
"""What something is called, and what it is."""


def gist(item: LibraryItem) -> str:
    """Return the line below a name: what it is, its size and its terms."""
    warning = "non-commercial · " if item.is_non_commercial else ""
    return f"{warning}{_what(item)} · {megabytes(item.bytes)}"


def facts(item: LibraryItem) -> Facts:
    """Return all that is known of something in the library."""
    about = item.about
    found = [("What", _what(item))]
    if isinstance(about, ModelInfo):
        network = about.network
        heads = " and ".join(f"{len(head.classes)} {head.name}s" for head in about.heads)
        found += [
            ("Knows", about.knows),
            ("Classes", heads),
            ("Sees", f"{network.frames} frames of {network.size} × {network.size} pixels"),
            ("Weights", f"{about.parameters / 1e6:.2f} million"),
        ]
    elif isinstance(about, ExpertInfo):
        sizes = about.expert.sizes
        found += [
            ("Kind", expert_kind(about.expert.kind).title),
            (
                "Network",
                f"{sizes.width} channels, depth {sizes.depth}, patches of {sizes.patch}",
            ),
            ("Weights", f"{about.parameters / 1e6:.2f} million"),
        ]
    else:
        heads = " and ".join(f"{len(head.classes)} {head.name}s" for head in about.heads)
        found += [("Trained on", about.base), ("Classes", heads), ("Made", about.created_at)]
    found += [("Size", megabytes(item.bytes)), ("License", item.license)]
    if item.is_non_commercial:
        found.append(("Note", NON_COMMERCIAL))
    if isinstance(about, ModelInfo):
        found += [("From", _origin(one)) for one in about.provenance]
    elif isinstance(about, ExpertInfo):
        found.append(("From", _origin(about.provenance)))
    found.append(("Folder", str(item.folder)))
    return tuple(found)


def source_gist(source: ExpertSource) -> str:
    """Return the line below the name of an expert that is not there yet."""
    way = "" if source.hub is not None else " · by hand"
    warning = "non-commercial · " if is_non_commercial(source.license) else ""
    return f"{warning}{source.role} · about {megabytes(source.bytes)}{way}"


def source_facts(source: ExpertSource) -> Facts:
    """Return all that is known of an expert that is not there yet."""
    how = "can be fetched" if source.hub is not None else f"{source.by_hand()}"
    return (
        ("What", f"{source.role} expert, not in the library yet: {how}"),
        ("Kind", expert_kind(source.kind).title),
        ("About", source.what),
        ("Size", f"about {megabytes(source.bytes)} to download"),
        ("License", source.license),
        ("Page", source.page),
    )


def _what(item: LibraryItem) -> str:
    if isinstance(item.about, ExpertInfo):
        return f"{item.about.expert.role} expert"
    if isinstance(item.about, ModelInfo):
        return "model, bundled" if item.is_bundled else "model"
    return f"trained on “{item.about.base}”"


def _origin(origin: Provenance) -> str:
    return (
        f"“{origin.source}”, {megabytes(origin.bytes)}, imported {origin.imported_at}, "
        f"sha256 {origin.sha256}"
    )


def megabytes(count: int) -> str:
    """Return a size as people read it: "38 kB", "599 MB", "1.4 GB"."""
    if count < 10**6:
        return f"{max(1, round(count / 10**3))} kB"
    if count < 10**9:
        return f"{count / 10**6:.0f} MB"
    return f"{count / 10**9:.1f} GB"
