"""Which video of a project a file means, and the videos that the project lacks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from cast_studio.core.project import Project, VideoRef

_NOWHERE = VideoRef("", "", 0, "")


class VideoFinder:
    """Finds the videos that rows are about, by id, content, path, or name; makes those missing.

    Args:
        project: What there is.
        said: What the file says, by the name that rows use.
        new_id: Gives ids that no project has.
    """

    def __init__(
        self, project: Project, said: Mapping[str, VideoRef], new_id: Callable[[], str]
    ) -> None:
        self._project = project
        self._said = said
        self._new_id = new_id
        self._places: dict[str, defaultdict[str, list[VideoRef]]] = {
            "fingerprint": defaultdict(list),
            "path": defaultdict(list),
            "name": defaultdict(list),
            "stem": defaultdict(list),
        }
        for video in project.videos:
            self._remember(video)
        self._found: dict[str, tuple[VideoRef, str]] = {}
        self._made: dict[str, VideoRef] = {}
        self._used: set[str] = set()
        self._claimed: set[str] = set()

    def find(self, name: str) -> tuple[VideoRef, str]:
        """Return the video that a name means, and why there is none, or ""."""
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = self._look_for(name)
        return found

    def use(self, video: VideoRef) -> None:
        """Count a video as one that gets segments."""
        self._used.add(video.id)

    def use_all(self) -> None:
        """Count all videos that the file names, also those without rows."""
        for name in self._said:
            video, problem = self.find(name)
            if not problem:
                self.use(video)

    @property
    def new(self) -> tuple[VideoRef, ...]:
        """The used videos that the project lacks."""
        return tuple(video for video in self._made.values() if video.id in self._used)

    @property
    def found_count(self) -> int:
        """How many used videos the project has."""
        return len(self._used - self._made.keys())

    @property
    def notes(self) -> Iterator[str]:
        """Sentences about what was found."""
        missing = sum(video.timebase is None and not video.size_bytes for video in self.new)
        if missing:
            yield (
                f"Videos whose file has to be found later: {missing:,}. Their labels wait for it."
            )

    def _look_for(self, name: str) -> tuple[VideoRef, str]:
        said = self._said[name]
        if said.id and self._project.has_video(said.id):
            return self._project.video(said.id), ""
        for kind, value in _marks(said, by_stem=not said.fingerprint):
            candidates = self._places[kind].get(value, [])
            if kind == "path" and any(_differ(said, found) for found in candidates):
                # Labels are times of one content: on another they would be anywhere.
                return _NOWHERE, f"the project has another video at “{value[:80]}”"
            if kind in ("name", "stem"):
                # Two videos of the file cannot both be the same one here.
                candidates = [
                    found
                    for found in candidates
                    if found.id not in self._claimed and not _differ(said, found)
                ]
            if len(candidates) > 1:
                return _NOWHERE, f"the project has several videos called “{name[:80]}”"
            if candidates:
                self._claimed.add(candidates[0].id)
                return candidates[0], ""
        return self._make(said), ""

    def _make(self, said: VideoRef) -> VideoRef:
        video = said if said.id else replace(said, id=self._new_id())
        self._made[video.id] = video
        # A file has one place in a project; another of the same name has another.
        self._places["path"][video.path].append(video)
        return video

    def _remember(self, video: VideoRef) -> None:
        for kind, value in _marks(video, by_stem=True):
            self._places[kind][value].append(video)


def _differ(said: VideoRef, video: VideoRef) -> bool:
    """Return whether two videos are known to have different contents."""
    both_known = said.fingerprint and video.fingerprint
    return bool(both_known) and said.fingerprint != video.fingerprint


def _marks(video: VideoRef, *, by_stem: bool) -> Iterator[tuple[str, str]]:
    """Yield what a video is known by, the most certain first."""
    if video.fingerprint:
        yield "fingerprint", video.fingerprint
    yield "path", video.path
    name = video.name.casefold()
    yield "name", name
    if by_stem:
        # Only for files that know nothing better: “clip.mov” need not be “clip.mp4”.
        yield "stem", name.rpartition(".")[0] or name
