"""What a change of the label schema does to the labels that there are, in words, before it is done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cast_studio.core.edits import ClassKey
from cast_studio.core.labels import LabelClass, LabelHead
from cast_studio.core.project import Project
from cast_studio.core.schema_draft import SchemaDraft


@dataclass(frozen=True, slots=True)
class Usage:
    """Where a class is given.

    Attributes:
        segments: How many segments have it.
        videos: In how many videos.
    """

    segments: int = 0
    videos: int = 0

    @property
    def text(self) -> str:
        """As words: ``12 segments in 3 videos``."""
        segments = "1 segment" if self.segments == 1 else f"{self.segments:,} segments"
        videos = "1 video" if self.videos == 1 else f"{self.videos:,} videos"
        return f"{segments} in {videos}"


@dataclass(frozen=True, slots=True)
class Impact:
    """One thing that would change.

    Attributes:
        title: A few words, as the undo menu says it.
        detail: What it means for segments; empty when it concerns none.
        segments: How many segments get another class; 0 when they keep theirs.
    """

    title: str
    detail: str = ""
    segments: int = 0


def class_usage(project: Project) -> Mapping[ClassKey, Usage]:
    """Return where each class is given; classes without a segment are absent."""
    segments: defaultdict[ClassKey, int] = defaultdict(int)
    videos: defaultdict[ClassKey, set[str]] = defaultdict(set)
    for track in project.tracks:
        for segment in track.segments:
            for key in segment.labels.items():
                segments[key] += 1
                videos[key].add(track.video_id)
    return {key: Usage(count, len(videos[key])) for key, count in segments.items()}


def impacts(draft: SchemaDraft, usage: Mapping[ClassKey, Usage]) -> tuple[Impact, ...]:
    """Return all that a draft would change, the weightiest first.

    Args:
        draft: Compared with the schema it started from.
        usage: From :func:`class_usage`.
    """
    found = [*_of_old_classes(draft, usage), *_of_heads(draft)]
    return tuple(sorted(found, key=lambda impact: (not impact.segments, not impact.detail)))


def summary(draft: SchemaDraft, usage: Mapping[ClassKey, Usage]) -> str:
    """Return the text for the undo menu."""
    found = impacts(draft, usage)
    if len(found) == 1:
        return found[0].title
    return f"Change labels in {len(found)} ways" if found else "Change labels"


def _of_old_classes(draft: SchemaDraft, usage: Mapping[ClassKey, Usage]) -> Iterator[Impact]:
    for head in draft.before.heads:
        now = draft.schema.head(head.name) if draft.schema.has_head(head.name) else None
        for old in head.classes:
            key = (head.name, old.id)
            used = usage.get(key, Usage())
            if now is not None and now.has_class(old.id):
                yield from _of_kept(old, now.class_with_id(old.id), used)
            elif (name := _name_after(draft, key)) is not None:
                detail = f"{used.text} get “{name}” instead" if used.segments else ""
                yield Impact(f"Merge class “{old.name}” into “{name}”", detail, used.segments)
            else:
                yield Impact(f"Delete class “{old.name}”")


def _name_after(draft: SchemaDraft, key: ClassKey) -> str | None:
    """Return the name of the class that a merged one became, None if it became none."""
    head, class_id = draft.moved.get(key, ("", -1))
    if not draft.schema.has_head(head) or not draft.schema.head(head).has_class(class_id):
        return None
    return draft.schema.head(head).class_with_id(class_id).name


def _of_kept(old: LabelClass, new: LabelClass, used: Usage) -> Iterator[Impact]:
    if new.name != old.name:
        known = f"models that learned “{old.name}” still mean it"
        detail = f"{used.text} follow; {known}" if used.segments else known
        yield Impact(f"Rename class “{old.name}” to “{new.name}”", detail)
    if new.retired and not old.retired:
        detail = f"{used.text} keep it" if used.segments else ""
        yield Impact(f"Retire class “{new.name}”", detail)
    if old.retired and not new.retired:
        yield Impact(f"Use class “{new.name}” again")
    changed = [
        word
        for word, before, after in (
            ("color", old.color, new.color),
            ("key", old.shortcut, new.shortcut),
            ("category", old.category, new.category),
            ("description", old.description, new.description),
        )
        if before != after
    ]
    if changed:
        yield Impact(f"Change {' and '.join(changed)} of “{new.name}”")


def _of_heads(draft: SchemaDraft) -> Iterator[Impact]:
    for head in draft.schema.heads:
        old = draft.before.head(head.name) if draft.before.has_head(head.name) else None
        if old is None:
            yield Impact(f"Add head “{head.name}”")
        yield from _of_order(old or LabelHead(head.name, ()), head)
    for head in draft.before.heads:
        if not draft.schema.has_head(head.name):
            yield Impact(f"Remove head “{head.name}”")


def _of_order(old: LabelHead, new: LabelHead) -> Iterator[Impact]:
    added = [found.name for found in new.classes if not old.has_class(found.id)]
    if len(added) == 1:
        yield Impact(f"Add class “{added[0]}”")
    elif added:
        yield Impact(f"Add {len(added)} classes to “{new.name}”")
    kept = [found.id for found in old.classes if new.has_class(found.id)]
    if kept != [found.id for found in new.classes if old.has_class(found.id)]:
        yield Impact(f"Reorder the classes of “{new.name}”")
