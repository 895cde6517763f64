"""The whole editable document as one frozen value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Protocol

from cast_studio.core.labels import LabelHead, LabelSchema
from cast_studio.core.reviewed import ReviewedRange
from cast_studio.core.timing import Timebase, TimeSpan
from cast_studio.core.tracks import Segment, Track

FORMAT_VERSION = 4
"""The version of the document that this program writes."""

UNSEEN_TICK: Timebase = Fraction(1, 112_896_000_000)
"""Seconds per tick of a video whose file nobody has seen yet.

It divides a microsecond, a frame of every usual rate (24 to 240 a second, also 1000/1001 of them) and
the clocks of usual files (12,288, 12,800, 15,360, 90,000; 44,100 and 48,000 samples): what files of
labels say is kept exactly, for years in 64 bits. When the file is found, its own time base takes
over.
"""


@dataclass(frozen=True, slots=True)
class VideoRef:
    """A video of the project: where it is, how to recognize it, and what a scan has found.

    Attributes:
        id: Unique in the project.
        path: POSIX style; relative to the project's folder where that is possible.
        size_bytes: Size of the file.
        fingerprint: Digest of the content, so that relinking is safe.
        timebase: Seconds per tick, or None until the file was scanned; see :attr:`tick`.
        n_frames: Number of frames, or None until the file was scanned.
        rate: Average frames per second, or None until the file was scanned.
        width: Upright pixels, or None until the file was scanned.
        height: Upright pixels, or None until the file was scanned.
        start_pts: Start of the first frame in ticks, or None until the file was scanned.
        end_pts: End of the last frame in ticks, or None until the file was scanned.
        note: Free text of the user.
        stream: Number of the video stream that was chosen, among all streams of the file; None for the
            best one. All times are in ticks of this stream.
    """

    id: str
    path: str
    size_bytes: int
    fingerprint: str
    timebase: Timebase | None = None
    n_frames: int | None = None
    rate: Fraction | None = None
    width: int | None = None
    height: int | None = None
    start_pts: int | None = None
    end_pts: int | None = None
    note: str = ""
    stream: int | None = None

    @property
    def name(self) -> str:
        """The file's name without its folders."""
        return self.path.rsplit("/", maxsplit=1)[-1]

    @property
    def seen_content(self) -> str:
        """What is seen of the file: its fingerprint, and the stream where another was chosen.

        What a model says of one stream does not hold for another.
        """
        return self.fingerprint if self.stream is None else f"{self.fingerprint}-{self.stream}"

    @property
    def tick(self) -> Timebase:
        """Seconds per tick of the video's segments, also before the file was seen."""
        return self.timebase or UNSEEN_TICK

    def ticks_at(self, seconds: Fraction) -> int:
        """Return a time in seconds as the nearest tick of the video's segments."""
        tick = self.tick
        # Rounded half to even as round() does, without making a fraction to throw away.
        over = seconds.denominator * tick.numerator
        ticks, rest = divmod(seconds.numerator * tick.denominator, over)
        return ticks + (2 * rest > over or (2 * rest == over and ticks % 2))


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A model that the project has used or taught, and what must match before it is used again.

    Attributes:
        id: Unique in the project; names its folder of predictions.
        name: What the user reads.
        path: POSIX style; relative to the project's folder where that is possible.
        base_sha256: Digest of the weights it starts from.
        heads: Its heads; their class order is the order of its scores.
        clip_spec_version: The preprocessing it was trained with.
        schema_fingerprint: :meth:`LabelSchema.fingerprint` of its heads.
        created_at: ISO 8601 in UTC, or "" if unknown.
    """

    id: str
    name: str
    path: str
    base_sha256: str
    heads: tuple[LabelHead, ...]
    clip_spec_version: str
    schema_fingerprint: str
    created_at: str = ""


@dataclass(frozen=True)
class Project:
    """Everything the user can edit.

    Videos, tracks and models are put into one fixed order when a project is made (videos by path,
    tracks by video, position and name, models by age), so that two projects with the same rows are equal
    however they came about.

    Attributes:
        format_version: Version of the document.
        id: Unique among projects.
        name: What the user reads.
        schema: The labels that can be given.
        videos: By path.
        tracks: By video, then position and name.
        models: By creation.
        reviewed: What was looked at, by video and time.

    Raises:
        ValueError: Two rows of a kind share an id, or a track or reviewed range belongs to no video.
    """

    format_version: int
    id: str
    name: str
    schema: LabelSchema
    videos: tuple[VideoRef, ...] = ()
    tracks: tuple[Track, ...] = ()
    models: tuple[ModelRef, ...] = ()
    reviewed: tuple[ReviewedRange, ...] = ()

    def __post_init__(self) -> None:
        videos = sorted(self.videos, key=lambda video: (video.path, video.id))
        tracks = sorted(self.tracks, key=_track_order)
        models = sorted(self.models, key=lambda model: (model.created_at, model.name, model.id))
        object.__setattr__(self, "videos", tuple(videos))
        object.__setattr__(self, "tracks", tuple(tracks))
        object.__setattr__(self, "models", tuple(models))
        object.__setattr__(self, "reviewed", tuple(sorted(self.reviewed, key=_review_order)))
        _refuse_shared_ids("videos", self.videos)
        _refuse_shared_ids("tracks", self.tracks)
        _refuse_shared_ids("models", self.models)
        _refuse_shared_ids("reviewed ranges", self.reviewed)
        for track in self.tracks:
            if track.video_id not in self._videos:
                raise ValueError(
                    f'the track "{track.name}" belongs to the video {track.video_id}, '
                    "which the project does not have"
                )
        for found in self.reviewed:
            if found.video_id not in self._videos:
                raise ValueError(
                    f"the reviewed range {found.id} belongs to the video {found.video_id}, "
                    "which the project does not have"
                )

    @cached_property
    def _videos(self) -> Mapping[str, VideoRef]:
        return {video.id: video for video in self.videos}

    @cached_property
    def _tracks(self) -> Mapping[str, Track]:
        return {track.id: track for track in self.tracks}

    @cached_property
    def _tracks_by_video(self) -> Mapping[str, tuple[Track, ...]]:
        by_video: defaultdict[str, list[Track]] = defaultdict(list)
        for track in self.tracks:
            by_video[track.video_id].append(track)
        return {video_id: tuple(tracks) for video_id, tracks in by_video.items()}

    @cached_property
    def _models(self) -> Mapping[str, ModelRef]:
        return {model.id: model for model in self.models}

    def with_segments(self, tracks: Mapping[str, Track]) -> Project:
        """Return the project with other segments in some tracks; nothing else is looked at again.

        Args:
            tracks: By id: tracks of the project that differ from its own in their segments only.
        """
        made = object.__new__(Project)
        by_video = dict(self._tracks_by_video)
        for video_id in {track.video_id for track in tracks.values()}:
            by_video[video_id] = tuple(tracks.get(old.id, old) for old in by_video[video_id])
        made.__dict__.update(
            self.__dict__,
            tracks=tuple(tracks.get(old.id, old) for old in self.tracks),
            _tracks={**self._tracks, **tracks},
            _tracks_by_video=by_video,
        )
        return made

    def video(self, video_id: str) -> VideoRef:
        """Return a video by its id.

        Raises:
            KeyError: There is no such video.
        """
        return self._videos[video_id]

    def track(self, track_id: str) -> Track:
        """Return a track by its id.

        Raises:
            KeyError: There is no such track.
        """
        return self._tracks[track_id]

    def model(self, model_id: str) -> ModelRef:
        """Return a model by its id.

        Raises:
            KeyError: There is no such model.
        """
        return self._models[model_id]

    def has_video(self, video_id: str) -> bool:
        """Return whether the project has a video with this id."""
        return video_id in self._videos

    def has_track(self, track_id: str) -> bool:
        """Return whether the project has a track with this id."""
        return track_id in self._tracks

    def has_model(self, model_id: str) -> bool:
        """Return whether the project has a model with this id."""
        return model_id in self._models

    def has_segment(self, segment_id: str) -> bool:
        """Return whether any track has a segment with this id."""
        return any(track.has_segment(segment_id) for track in self.tracks)

    def tracks_of(self, video_id: str) -> tuple[Track, ...]:
        """Return the tracks of a video, in their order; none for an unknown video."""
        return self._tracks_by_video.get(video_id, ())

    def reviewed_in(self, video_id: str) -> tuple[ReviewedRange, ...]:
        """Return what was looked at in a video, by time; none for an unknown video."""
        return tuple(found for found in self.reviewed if found.video_id == video_id)

    def segments_with(self, segment_ids: Iterable[str]) -> Mapping[str, tuple[Track, Segment]]:
        """Return those of the segments that the project has, by id, each with its track."""
        wanted = frozenset(segment_ids)
        return {
            segment_id: (track, track.segment(segment_id))
            for track in self.tracks
            for segment_id in track.ids_among(wanted)
        }

    def segment(self, segment_id: str) -> tuple[Track, Segment]:
        """Return a segment by its id, and its track.

        Raises:
            KeyError: There is no such segment.
        """
        for track in self.tracks:
            if track.has_segment(segment_id):
                return track, track.segment(segment_id)
        raise KeyError(segment_id)


def _track_order(track: Track) -> tuple[str, int, str, str]:
    return track.video_id, track.position, track.name, track.id


def _review_order(found: ReviewedRange) -> tuple[str, TimeSpan, str, str]:
    return found.video_id, found.span, found.annotator, found.id


class _Row(Protocol):
    @property
    def id(self) -> str: ...


def _refuse_shared_ids(kind: str, rows: Iterable[_Row]) -> None:
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            raise ValueError(f"two {kind} of the project have the id {row.id}")
        seen.add(row.id)
