"""What a change of the label schema does to the labels that there are, in words, before it is done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cast_studio.core.edits import ClassKey
from cast_studio.core.labels import LabelClass, LabelHead
from cast_studio.core.project import Project
from cast_studio.core.schema_draft import SchemaDraft
from cast_studio.said import numbered, say


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
        segments, videos = numbered("segment", self.segments), numbered("video", self.videos)
        return say("{segments} in {videos}", segments=segments, videos=videos)


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
    if not found:
        return say("Change classes")
    return say("Change classes in {count} ways", count=len(found))


def _of_old_classes(draft: SchemaDraft, usage: Mapping[ClassKey, Usage]) -> Iterator[Impact]:
    for head in draft.before.heads:
        now = draft.schema.head(head.name) if draft.schema.has_head(head.name) else None
        for old in head.classes:
            key = (head.name, old.id)
            used = usage.get(key, Usage())
            if now is not None and now.has_class(old.id):
                yield from _of_kept(old, now.class_with_id(old.id), used)
            elif (name := _name_after(draft, key)) is not None:
                detail = say("{segments} get “{name}” instead", segments=used.text, name=name)
                title = say("Merge class “{old}” into “{name}”", old=old.name, name=name)
                yield Impact(title, detail if used.segments else "", used.segments)
            else:
                yield Impact(say("Delete class “{name}”", name=old.name))


def _name_after(draft: SchemaDraft, key: ClassKey) -> str | None:
    """Return the name of the class that a merged one became, None if it became none."""
    head, class_id = draft.moved.get(key, ("", -1))
    if not draft.schema.has_head(head) or not draft.schema.head(head).has_class(class_id):
        return None
    return draft.schema.head(head).class_with_id(class_id).name


def _of_kept(old: LabelClass, new: LabelClass, used: Usage) -> Iterator[Impact]:
    if new.name != old.name:
        detail = say("models that learned “{name}” still mean it", name=old.name)
        if used.segments:
            detail = say("{segments} follow; {detail}", segments=used.text, detail=detail)
        title = say("Rename class “{old}” to “{name}”", old=old.name, name=new.name)
        yield Impact(title, detail)
    if new.retired and not old.retired:
        detail = say("{segments} keep it", segments=used.text) if used.segments else ""
        yield Impact(say("Retire class “{name}”", name=new.name), detail)
    if old.retired and not new.retired:
        yield Impact(say("Use class “{name}” again", name=new.name))
    changed = [
        word
        for word, before, after in (
            (say("color"), old.color, new.color),
            (say("key"), old.shortcut, new.shortcut),
            (say("category"), old.category, new.category),
            (say("description"), old.description, new.description),
        )
        if before != after
    ]
    if changed:
        what = changed[0]
        for word in changed[1:]:
            what = say("{what} and {word}", what=what, word=word)
        yield Impact(say("Change {what} of “{name}”", what=what, name=new.name))


def _of_heads(draft: SchemaDraft) -> Iterator[Impact]:
    for head in draft.schema.heads:
        old = draft.before.head(head.name) if draft.before.has_head(head.name) else None
        if old is None:
            yield Impact(say("Add head “{name}”", name=head.name))
        yield from _of_order(old or LabelHead(head.name, ()), head)
    for head in draft.before.heads:
        if not draft.schema.has_head(head.name):
            yield Impact(say("Remove head “{name}”", name=head.name))


def _of_order(old: LabelHead, new: LabelHead) -> Iterator[Impact]:
    added = [found.name for found in new.classes if not old.has_class(found.id)]
    if len(added) == 1:
        yield Impact(say("Add class “{name}”", name=added[0]))
    elif added:
        yield Impact(say("Add {count} classes to “{head}”", count=len(added), head=new.name))
    kept = [found.id for found in old.classes if new.has_class(found.id)]
    if kept != [found.id for found in new.classes if old.has_class(found.id)]:
        yield Impact(say("Reorder the classes of “{head}”", head=new.name))
