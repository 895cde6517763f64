"""What the list of videos says of each, in which order, and through which filter."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPersistentModelIndex
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication

from cast_studio.core.edits import AnnotateVideo, apply
from cast_studio.core.project import FORMAT_VERSION, Project, VideoRef
from cast_studio.core.reviewed import ReviewedRange
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Segment, Track
from cast_studio.ui.video_entries import EntryBook, Order, VideoEntry, arranged, entries_of
from cast_studio.ui.video_list_model import VideoListModel
from tests.fakes import SCHEMA

FATAL = QAbstractItemModelTester.FailureReportingMode.Fatal


def video(name: str, end: int = 100) -> VideoRef:
    return VideoRef(
        name, f"{name}.mp4", 1, name, Fraction(1, 10), end, Fraction(10), start_pts=0, end_pts=end
    )


def project() -> Project:
    spans = (TimeSpan(0, 20), TimeSpan(10, 30), TimeSpan(90, 200))
    segments = tuple(Segment(f"s{i}", span, {}) for i, span in enumerate(spans))
    return Project(
        FORMAT_VERSION,
        "p",
        "p",
        SCHEMA,
        (video("a"), video("b", 50), VideoRef("c", "c.mp4", 1, "c")),
        (Track("t", "a", "t", "ada", segments, exclusive=False),),
        reviewed=(ReviewedRange("r", "b", TimeSpan(0, 25), "ada"),),
    )


def test_progress_counts_every_moment_once() -> None:
    a, b, c = entries_of(project())
    assert (a.covered, a.n_labels, a.reviewed) == (0.4, 3, 0.0)
    assert (b.covered, b.reviewed) == (0.0, 0.5)
    assert (c.seconds, c.covered) == (None, 0.0)
    assert b.spoken == "0:05 · no labels yet, 0\u202f% labelled, 50\u202f% reviewed"


def test_only_what_has_changed_is_worked_out_again() -> None:
    book, before = EntryBook(), project()
    first = book.entries_of(before)
    after = apply(before, AnnotateVideo("b", "blurred"))[0]
    second = book.entries_of(after, missing={"c"})
    assert second[0] is first[0]
    assert second[1].note == "blurred"
    assert second[2].detail == "file not found"


def entry(name: str, covered: float, seconds: float = 1.0, note: str = "") -> VideoEntry:
    return VideoEntry(name, name, seconds, 1, covered, note=note)


def test_the_list_is_sorted_and_filtered() -> None:
    entries = [entry("Zoo", 0.1), entry("apple", 0.9, 9.0), entry("bee", 0.5, note="Blurred zoom")]
    names = {order: [found.name for found in arranged(entries, order)] for order in Order}
    assert names[Order.NAME] == ["apple", "bee", "Zoo"]
    assert names[Order.DURATION] == ["apple", "bee", "Zoo"]
    assert names[Order.LEAST_LABELLED] == ["Zoo", "bee", "apple"]
    assert [found.name for found in arranged(entries, Order.NAME, "ZOO")] == ["bee", "Zoo"]
    assert [found.name for found in arranged(entries, Order.NAME, "blur zo")] == ["bee"]


def test_sorting_keeps_what_is_held(qapp: QApplication) -> None:
    model = VideoListModel()
    _tester = QAbstractItemModelTester(model, FATAL)
    entries = [entry("a", 0.9), entry("b", 0.5), entry("c", 0.1)]
    model.show_entries(entries)
    held = QPersistentModelIndex(model.index(0))
    model.sort_by(Order.LEAST_LABELLED)
    assert (held.row(), model.row_of("a")) == (2, 2)
    model.show_entries([replace(entries[0], covered=0.0), *entries[1:]])
    assert held.row() == 0
    model.filter("b")
    assert [found.id for found in model.entries] == ["b"]
    assert (model.rowCount(), model.total) == (1, 3)


some_entries = st.lists(
    st.builds(entry, st.sampled_from("abcdefgh"), st.sampled_from((0.0, 0.5, 1.0))),
    unique_by=lambda found: found.id,
)


@given(lists=st.lists(st.tuples(some_entries, st.sampled_from(Order)), min_size=2, max_size=4))
def test_whatever_comes_goes_or_moves_what_stays_is_held(
    qapp: QApplication, lists: list[tuple[list[VideoEntry], Order]]
) -> None:
    model = VideoListModel()
    _tester = QAbstractItemModelTester(model, FATAL)
    held: dict[str, QPersistentModelIndex] = {}
    for entries, order in lists:
        model.sort_by(order)
        model.show_entries(entries)
        assert list(model.entries) == arranged(entries, order)
        assert [model.data(model.index(row)) for row in range(model.rowCount())] == [
            found.name for found in model.entries
        ]
        held = {video_id: index for video_id, index in held.items() if index.isValid()}
        assert {video_id: index.row() for video_id, index in held.items()} == {
            video_id: model.row_of(video_id) for video_id in held
        }
        for row, found in enumerate(model.entries):
            held[found.id] = QPersistentModelIndex(model.index(row))


def test_many_lines_that_come_and_go_are_shown_afresh(qapp: QApplication) -> None:
    model = VideoListModel()
    _tester = QAbstractItemModelTester(model, FATAL)
    odd = [entry(f"{n:03}", 0.0) for n in range(1, 200, 2)]
    even = [entry(f"{n:03}", 0.0) for n in range(0, 200, 2)]
    model.show_entries(odd)
    model.show_entries(list(chain(even, odd)))
    assert [found.id for found in model.entries] == [f"{n:03}" for n in range(200)]
    model.show_entries(even)
    assert [found.name for found in model.entries] == [found.name for found in even]
    assert model.data(model.index(3)) == "006"
