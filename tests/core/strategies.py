"""Hypothesis strategies for the values of core, small enough to collide often."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from itertools import permutations

import numpy as np
from hypothesis import strategies as st

from cast_studio.core.edits import (
    AcceptPredictions,
    AddModel,
    AddSegments,
    AddTrack,
    AddVideo,
    AnnotateSegment,
    AnnotateSegments,
    AnnotateVideo,
    ChangeSchema,
    ChangeTrack,
    ChooseStream,
    Edit,
    EditTracks,
    ImportLabels,
    MarkReviewed,
    MergeSegments,
    MoveSegments,
    OrderTracks,
    RelabelSegments,
    RelinkVideo,
    RemoveSegments,
    RemoveTrack,
    RemoveVideo,
    RetimeSegment,
    RetimeSegments,
    SplitSegment,
    TrackSegments,
    UnmarkReviewed,
)
from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema
from cast_studio.core.project import FORMAT_VERSION, ModelRef, Project, VideoRef
from cast_studio.core.reviewed import ReviewedRange
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.core.tracks import Origin, Segment, Track, sort_key

VERB = LabelHead("verb", (LabelClass(0, "take"), LabelClass(1, "put"), LabelClass(4, "cut")))
NOUN = LabelHead("noun", (LabelClass(0, "knife"), LabelClass(2, "bread", retired=True)))
SCHEMA = LabelSchema((VERB, NOUN))

_SEGMENT_IDS = tuple(f"s{i}" for i in range(8))
_VIDEO_IDS = ("v0", "v1", "v2")
_TRACK_IDS = tuple(f"{video}-{kind}" for video in _VIDEO_IDS for kind in ("only", "free"))

spans = st.tuples(st.integers(-5, 40), st.integers(0, 12)).map(
    lambda drawn: TimeSpan(drawn[0], drawn[0] + drawn[1])
)
labels = st.fixed_dictionaries(
    {}, optional={"verb": st.sampled_from((0, 1, 4)), "noun": st.sampled_from((0, 2))}
)
any_labels = st.dictionaries(
    st.sampled_from(("verb", "noun", "mood")),
    st.sampled_from((None, 0, 1, 2, 4, 9)),
    min_size=1,
    max_size=2,
)
segment_ids = st.sampled_from(_SEGMENT_IDS)
texts = st.sampled_from(("", "a", "b"))
any_origin = st.sampled_from(Origin)
moments = st.sampled_from(("", "2026-01-02T03:04:05Z"))


def segments(
    ids: st.SearchStrategy[str] = segment_ids,
    origins: st.SearchStrategy[Origin] = any_origin,
) -> st.SearchStrategy[Segment]:
    """Return segments with valid labels."""
    return st.builds(
        Segment,
        id=ids,
        span=spans,
        labels=labels,
        origin=origins,
        subject=texts,
        note=texts,
        attributes=st.dictionaries(texts, texts, max_size=2),
        score=st.none() | st.floats(0, 1),
        modified_at=moments,
    )


def make_track(
    drawn: list[Segment], *, track_id: str = "t", video_id: str = "v0", exclusive: bool = True
) -> Track:
    """Return a valid track of those segments that fit, the earlier drawn first."""
    kept: list[Segment] = []
    for segment in drawn:
        if not exclusive or not any(segment.span.intersects(other.span) for other in kept):
            kept.append(segment)
    ordered = tuple(sorted(kept, key=sort_key))
    return Track(track_id, video_id, track_id, "me", ordered, exclusive=exclusive)


@st.composite
def tracks(draw: st.DrawFn, *, exclusive: bool | None = None) -> Track:
    """Draw a track, exclusive or not."""
    drawn = draw(st.lists(segments(), unique_by=lambda segment: segment.id, max_size=6))
    chosen = draw(st.booleans()) if exclusive is None else exclusive
    return make_track(drawn, exclusive=chosen)


def make_video(video_id: str, path: str = "") -> VideoRef:
    """Return a video that was scanned."""
    return VideoRef(
        id=video_id,
        path=path or f"videos/{video_id}.mp4",
        size_bytes=10,
        fingerprint=f"f-{video_id}",
        timebase=Fraction(1, 30),
        n_frames=40,
        rate=Fraction(30),
        width=64,
        height=48,
        start_pts=0,
        end_pts=40,
    )


@st.composite
def projects(draw: st.DrawFn) -> Project:
    """Draw a project of up to two videos with an exclusive and a free track each."""
    video_ids = draw(st.sampled_from(((), ("v0",), ("v0", "v1"), ("v1",))))
    drawn = draw(st.lists(segments(), unique_by=lambda segment: segment.id, min_size=2, max_size=8))
    kinds = [(video_id, kind) for video_id in video_ids for kind in ("only", "free")]
    shares: dict[tuple[str, str], list[Segment]] = {kind: [] for kind in kinds}
    for segment in drawn if kinds else []:
        shares[draw(st.sampled_from(kinds))].append(segment)
    made = [
        make_track(
            share, track_id=f"{video_id}-{kind}", video_id=video_id, exclusive=kind == "only"
        )
        for (video_id, kind), share in shares.items()
    ]
    return Project(
        format_version=FORMAT_VERSION,
        id="p",
        name="Kitchen",
        schema=SCHEMA,
        videos=tuple(make_video(video_id) for video_id in video_ids),
        tracks=tuple(made),
        reviewed=tuple(
            ReviewedRange(f"r-{video_id}", video_id, TimeSpan(5, 15), "me")
            for video_id in video_ids
        ),
    )


_new_ids = st.sampled_from(("n0", "n1", "n2", "n3", "n4", "s0"))
_models = st.builds(
    ModelRef,
    id=st.sampled_from(("m0", "m1")),
    name=texts,
    path=texts,
    base_sha256=texts,
    heads=st.just((VERB,)),
    clip_spec_version=st.just("1"),
    schema_fingerprint=texts,
    created_at=moments,
)


@cache
def _schemas() -> st.SearchStrategy[LabelSchema]:
    classes = st.lists(
        st.builds(
            LabelClass,
            id=st.integers(0, 5),
            name=st.sampled_from("abcdef"),
            category=texts,
            description=texts,
            former_names=st.lists(texts, max_size=2).map(tuple),
        ),
        unique_by=(lambda found: found.id, lambda found: found.name),
        max_size=6,
    ).map(tuple)
    heads = st.builds(LabelHead, name=st.sampled_from(("verb", "noun", "mood")), classes=classes)
    grown = LabelHead("verb", (*VERB.classes, LabelClass(5, "wash")))
    return st.sampled_from((SCHEMA, LabelSchema((grown, NOUN)), LabelSchema((NOUN,)))) | st.lists(
        heads, unique_by=lambda head: head.name, max_size=3
    ).map(lambda drawn: LabelSchema(tuple(drawn)))


@cache
def _schema_changes() -> st.SearchStrategy[ChangeSchema]:
    keys = st.tuples(st.sampled_from(("verb", "noun")), st.sampled_from((0, 1, 2, 4)))
    moves = st.just({}) | st.dictionaries(keys, keys, min_size=1, max_size=3)
    return st.builds(ChangeSchema, _schemas(), moves)


@cache
def _videos_to_add() -> st.SearchStrategy[AddVideo]:
    @st.composite
    def draw_one(draw: st.DrawFn) -> AddVideo:
        video_id = draw(st.sampled_from(_VIDEO_IDS))
        ids = st.sampled_from((*_SEGMENT_IDS, "n0", "n1"))
        drawn = draw(st.lists(segments(ids), unique_by=lambda segment: segment.id, max_size=3))
        track = make_track(drawn, track_id=draw(st.sampled_from(_TRACK_IDS)), video_id=video_id)
        return AddVideo(make_video(video_id), draw(st.sampled_from(((), (track,)))))

    return draw_one()


@st.composite
def _imports(draw: st.DrawFn, project: Project) -> ImportLabels:
    schema = draw(st.none() | _schemas())
    new_videos = draw(st.sampled_from(((), ("v1",), ("v2",))))
    filled = []
    for track in draw(st.lists(st.sampled_from([*project.tracks, None]), max_size=2)):
        ids = st.sampled_from(("n0", "n1", "n2", "n3", "s0"))
        found = draw(st.lists(segments(ids), unique_by=lambda segment: segment.id, max_size=3))
        new = make_track([], track_id=draw(st.sampled_from(_TRACK_IDS)), video_id="v2")
        filled.append(
            TrackSegments(track or new, tuple(sorted(found, key=sort_key)), track is None)
        )
    videos = tuple(make_video(video_id) for video_id in new_videos)
    return ImportLabels(schema, videos, tuple(filled))


@st.composite
def edits(draw: st.DrawFn, project: Project) -> Edit:
    """Draw an edit of any kind; some of them do not fit the project.

    The kind is drawn first, because making the strategies of all kinds takes longer than the edit.
    """
    make = draw(st.sampled_from((*_OF_SEGMENTS, *_OF_TRACKS, *_OF_THE_PROJECT)))
    return draw(make(project))


def _ids(project: Project) -> st.SearchStrategy[str]:
    known = [segment.id for track in project.tracks for segment in track.segments]
    return st.sampled_from(known * 3 + ["gone"])


def _many_ids(project: Project) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(_ids(project), max_size=3).map(tuple)


def _track_ids(project: Project) -> st.SearchStrategy[str]:
    return st.sampled_from([track.id for track in project.tracks] * 2 + ["gone"])


def _cuts(project: Project) -> st.SearchStrategy[SplitSegment]:
    cuts = [
        (segment.id, pts)
        for track in project.tracks
        for segment in track.segments
        for pts in range(segment.span.start, segment.span.end + 1)
    ]
    return st.sampled_from([*cuts, ("gone", 1)]).flatmap(
        lambda cut: st.builds(SplitSegment, st.just(cut[0]), st.just(cut[1]), _new_ids, moments)
    )


def _merges(project: Project) -> st.SearchStrategy[MergeSegments]:
    # Segments with the same labels, which can be merged.
    twins = [
        (one.id, other.id)
        for track in project.tracks
        for one, other in permutations(track.segments, 2)
        if one.labels == other.labels and one.subject == other.subject
    ]
    together = st.sampled_from([*twins, ("gone",)]) | _many_ids(project)
    return st.builds(MergeSegments, together, moments)


def _retimings(project: Project) -> st.SearchStrategy[RetimeSegments]:
    new_spans = st.lists(st.tuples(_ids(project), spans), min_size=1, max_size=3)
    return st.builds(RetimeSegments, new_spans.map(tuple), moments)


def _acceptances(project: Project) -> st.SearchStrategy[AcceptPredictions]:
    origins = st.sampled_from((Origin.ACCEPTED, Origin.CORRECTED) * 3 + (Origin.MANUAL,))
    return st.builds(
        AcceptPredictions,
        _track_ids(project),
        st.lists(segments(_new_ids, origins), min_size=1, max_size=2).map(tuple),
        st.booleans(),
        st.sampled_from(((), ("x0", "x1"), ("x0", "s1"))),
        moments,
    )


@cache
def _new_tracks() -> st.SearchStrategy[AddTrack]:
    made = st.builds(
        make_track,
        st.lists(segments(_new_ids), unique_by=lambda segment: segment.id, max_size=2),
        track_id=st.sampled_from(("w0", "w1", "v0-only")),
        video_id=st.sampled_from(_VIDEO_IDS),
        exclusive=st.booleans(),
    )
    return st.builds(AddTrack, made)


def _orders(project: Project) -> st.SearchStrategy[OrderTracks]:
    orders = [
        (video.id, tuple(track.id for track in project.tracks_of(video.id)))
        for video in project.videos
    ]
    return st.sampled_from([*orders, ("v9", ())]).flatmap(
        lambda order: st.builds(
            OrderTracks, st.just(order[0]), st.permutations(order[1]).map(tuple)
        )
    )


_reviews = (
    st.sampled_from(_VIDEO_IDS),
    spans,
    st.sampled_from(("me", "you")),
    st.sampled_from(("r0", "r1", "r2", "r-v0")),
)
_relinks = st.builds(
    RelinkVideo,
    st.sampled_from(_VIDEO_IDS),
    st.sampled_from(("elsewhere.mp4", "videos/v0.mp4")),
    texts,
    st.integers(0, 3),
)
_streams = st.builds(
    ChooseStream,
    st.sampled_from(_VIDEO_IDS),
    st.none() | st.integers(0, 2),
    st.builds(
        lambda tick: FrameIndex(np.arange(3) * 10, np.ones(3, bool), tick, 30),
        st.sampled_from((Fraction(1, 10), Fraction(1, 30), Fraction(1, 7))),
    ),
    st.just((64, 48)),
)
_notes = (st.none() | texts, st.none() | texts, moments)

_Maker = Callable[[Project], st.SearchStrategy[Edit]]

_OF_SEGMENTS: tuple[_Maker, ...] = (
    lambda p: st.builds(AddSegments, _track_ids(p), st.lists(segments(_new_ids)).map(tuple)),
    lambda p: st.builds(RemoveSegments, _many_ids(p)),
    lambda p: st.builds(RetimeSegment, _ids(p), spans, moments),
    lambda p: st.builds(RelabelSegments, _many_ids(p), any_labels, moments),
    lambda p: st.builds(AnnotateSegment, _ids(p), *_notes),
    _cuts,
    _retimings,
    lambda p: st.builds(MoveSegments, _many_ids(p), _track_ids(p)),
    lambda p: st.builds(AnnotateSegments, _many_ids(p), *_notes),
    _merges,
    _acceptances,
)
_OF_TRACKS: tuple[_Maker, ...] = (
    lambda _: _new_tracks(),
    lambda p: st.builds(
        ChangeTrack, _track_ids(p), st.none() | texts, st.none() | texts, st.none() | st.booleans()
    ),
    lambda p: st.builds(
        lambda ids, name: EditTracks(tuple(ChangeTrack(one, name) for one in ids)),
        st.lists(_track_ids(p), unique=True, max_size=3),
        texts,
    ),
    _orders,
    lambda p: st.builds(RemoveTrack, _track_ids(p)),
)
_OF_THE_PROJECT: tuple[_Maker, ...] = (
    lambda _: _schema_changes(),
    lambda _: _videos_to_add(),
    _imports,
    lambda _: st.builds(RemoveVideo, st.sampled_from(_VIDEO_IDS)),
    lambda _: _relinks,
    lambda _: st.builds(AddModel, _models),
    lambda _: _streams,
    lambda _: st.builds(AnnotateVideo, st.sampled_from(_VIDEO_IDS), texts),
    lambda _: st.builds(MarkReviewed, *_reviews),
    lambda _: st.builds(UnmarkReviewed, *_reviews),
)


@st.composite
def frame_indexes(draw: st.DrawFn) -> FrameIndex:
    """Draw a frame index: variable rate, any start, key frames anywhere."""
    start = draw(st.integers(-1000, 10**9))
    steps = draw(st.lists(st.integers(1, 50), min_size=1, max_size=40))
    edges = start + np.cumsum([0, *steps])
    keys = draw(st.lists(st.booleans(), min_size=len(steps), max_size=len(steps)))
    timebase = draw(st.sampled_from((Fraction(1, 30), Fraction(1001, 30000), Fraction(1, 90000))))
    return FrameIndex(edges[:-1], np.array(keys), timebase, int(edges[-1]))
