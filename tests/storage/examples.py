"""A small project, a clock that only moves when told, and conditions that a healthy disk lacks."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from cast_studio.core.edits import AddSegments, Changes, Edit, apply
from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema
from cast_studio.core.project import FORMAT_VERSION, ModelRef, Project, VideoRef
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Origin, Segment, Track

VERB = LabelHead(
    "verb",
    (
        LabelClass(0, "move left", "#e69f00", "m"),
        LabelClass(3, "rotate", "#56b4e9", retired=True),
    ),
)
NOUN = LabelHead("noun", (LabelClass(0, "mug", "#009e73"), LabelClass(1, "=cup", "#f0e442")))
SCHEMA = LabelSchema((VERB, NOUN))

VIDEO = VideoRef(
    id="v1",
    path="videos/table.mp4",
    size_bytes=123_456,
    fingerprint="abc",
    timebase=Fraction(1, 12800),
    n_frames=50,
    rate=Fraction(25),
    width=320,
    height=240,
    start_pts=0,
    end_pts=25_600,
)
UNSEEN_VIDEO = VideoRef(id="v2", path="videos/unseen.mov", size_bytes=7, fingerprint="")

SEGMENTS = (
    Segment(
        "s1",
        TimeSpan(0, 5_120),
        {"verb": 0, "noun": 1},
        note='two\nlines, a "quote"',
        created_at="2026-01-02T03:04:05Z",
    ),
    Segment(
        "s2",
        TimeSpan(5_120, 10_240),
        {"verb": 3},
        origin=Origin.CORRECTED,
        subject="left hand",
        attributes={"participant_id": "P01"},
        model_id="m1",
        score=0.625,
    ),
)
MODEL = ModelRef(
    id="m1",
    name="first try",
    path="runs/1",
    base_sha256="00ff",
    heads=(VERB,),
    clip_spec_version="1",
    schema_fingerprint=SCHEMA.fingerprint(),
    created_at="2026-01-02T03:04:05Z",
)
PROJECT = Project(
    format_version=FORMAT_VERSION,
    id="p1",
    name="Kitchen",
    schema=SCHEMA,
    videos=(VIDEO, UNSEEN_VIDEO),
    tracks=(
        Track("t1", "v1", "Actions", "ann", SEGMENTS),
        Track("t2", "v2", "Actions", "ann", (), exclusive=False),
    ),
    models=(MODEL,),
)


class Clock:
    """Gives a fixed time, a minute later at every call."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


def numbered_edit(number: int, *, note: str = "") -> Edit:
    """Return an edit of ``PROJECT`` that adds two segments, different for every number."""
    start = 100_000 + 10 * number
    return AddSegments(
        "t1",
        (
            Segment(f"n{number}a", TimeSpan(start, start + 4), {"verb": 0}, note=note),
            Segment(f"n{number}b", TimeSpan(start + 4, start + 9), {"noun": 0}, note=note),
        ),
    )


def changed(project: Project, *numbers: int, note: str = "") -> tuple[Project, list[Changes]]:
    """Return a project after numbered edits, and what each has changed."""
    steps = []
    for number in numbers:
        project, changes = apply(project, numbered_edit(number, note=note))
        steps.append(changes)
    return project, steps


@contextmanager
def full_disk(limit: int) -> Iterator[None]:
    """Let no file of this process grow beyond ``limit`` bytes, as on a disk that is full."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def unprivileged() -> Iterator[None]:
    """Give up the right to ignore permissions, which tests run as root would have."""
    if sys.platform == "win32" or os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)
