"""What was committed is what is loaded, whatever the edits and whatever the texts."""

from __future__ import annotations

import json
import tempfile
from fractions import Fraction
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cast_studio.core.edits import AddVideo, Changes, Edit, apply, apply_changes
from cast_studio.core.history import History
from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema
from cast_studio.core.project import FORMAT_VERSION, ModelRef, Project, VideoRef
from cast_studio.core.reviewed import ReviewedRange
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Segment, Track
from cast_studio.errors import EditError
from cast_studio.storage.store import ProjectStore
from tests.core.strategies import edits, projects

# Every example makes a folder and waits for the disk.
FEW = settings(max_examples=30)

any_text = st.text(st.characters(exclude_categories=()))
named = any_text.filter(str.strip)
ticks = st.integers(-(2**62), 2**62)
fractions = st.none() | st.fractions(min_value=Fraction(1, 10**6), max_value=10**6)


@FEW
@given(data=st.data(), project=projects())
def test_loading_gives_what_was_committed(data: st.DataObject, project: Project) -> None:
    history = History()
    with (
        tempfile.TemporaryDirectory() as parent,
        ProjectStore.create(Path(parent) / "p.cast", project) as store,
    ):
        assert store.load() == project
        for _ in range(data.draw(st.integers(0, 12), label="steps")):
            # About as often as any kind of edit.
            goes_back = data.draw(st.integers(0, 9)) == 9
            step = data.draw(st.sampled_from(("undo", "redo")) if goes_back else edits(project))
            try:
                text, changes = _take(step, project, history)
            except EditError:
                continue
            project = apply_changes(project, changes)
            store.commit(changes, description=text, annotator="ann")
            assert store.load() == project
        store.close()
        with ProjectStore.open(Path(parent) / "p.cast") as reopened:
            assert reopened.load() == project


def _take(step: Edit | str, project: Project, history: History) -> tuple[str, Changes]:
    """Return what a step of a user changes, or raise ``EditError``."""
    if step == "undo":
        return history.undo()
    if isinstance(step, str):
        return history.redo()
    _, changes = apply(project, step)
    history.push(step.describe(), changes)
    return step.describe(), changes


@st.composite
def strange_projects(draw: st.DrawFn) -> Project:
    """Draw a project whose texts and numbers are anything that the core allows."""
    class_names = draw(st.lists(named, min_size=1, max_size=3, unique=True))
    classes = tuple(
        LabelClass(
            position * 7,
            name,
            shortcut=draw(st.none() | any_text),
            retired=position == 1,
            category=draw(any_text),
            description=draw(any_text),
            former_names=tuple(draw(st.lists(any_text, max_size=2))),
        )
        for position, name in enumerate(class_names)
    )
    heads = tuple(
        LabelHead(name, classes) for name in draw(st.lists(named, max_size=2, unique=True))
    )
    video = VideoRef(
        id=draw(any_text),
        path=draw(any_text),
        size_bytes=draw(st.integers(0, 2**62)),
        fingerprint=draw(any_text),
        timebase=draw(fractions),
        n_frames=draw(st.none() | st.integers(0, 2**40)),
        rate=draw(fractions),
        start_pts=draw(st.none() | ticks),
    )
    span = TimeSpan(*sorted((draw(ticks), draw(ticks))))
    segment = Segment(
        id=draw(any_text),
        span=span,
        labels={head.name: 0 for head in heads},
        subject=draw(any_text),
        note=draw(any_text),
        attributes=draw(st.dictionaries(any_text, any_text, max_size=2)),
        score=draw(st.none() | st.floats(allow_nan=False, allow_infinity=False)),
    )
    track = Track(
        draw(any_text),
        video.id,
        draw(any_text),
        draw(any_text),
        (segment,),
        position=draw(st.integers(-5, 5)),
    )
    model = ModelRef(draw(any_text), draw(any_text), "", "", heads, "1", "")
    return Project(
        FORMAT_VERSION,
        draw(any_text),
        draw(any_text),
        LabelSchema(heads),
        (video,),
        (track,),
        (model,),
        (ReviewedRange(draw(any_text), video.id, TimeSpan(0, 2**40), draw(any_text)),),
    )


@FEW
@given(project=strange_projects())
def test_any_text_and_any_number_comes_back_exactly(project: Project) -> None:
    with (
        tempfile.TemporaryDirectory() as parent,
        ProjectStore.create(Path(parent) / "p.cast", project) as store,
    ):
        assert store.load() == project
        assert json.loads(store.edits()[0].changes)["videos"][0]["id"] == project.videos[0].id


@FEW
@given(description=any_text, annotator=any_text)
def test_any_description_can_be_kept(description: str, annotator: str) -> None:
    project = Project(FORMAT_VERSION, "p", "P", LabelSchema(()))
    _, changes = apply(project, AddVideo(VideoRef("v", "v.mp4", 1, "")))
    with (
        tempfile.TemporaryDirectory() as parent,
        ProjectStore.create(Path(parent) / "p.cast", project) as store,
    ):
        store.commit(changes, description=description, annotator=annotator)
        (record,) = store.edits(after=1)
        assert (record.description, record.annotator) == (description, annotator)
