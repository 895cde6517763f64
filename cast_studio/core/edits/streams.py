"""The edit that chooses which video stream of a file is labelled."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cast_studio.core.edits.changes import Changes, RowChange
from cast_studio.core.edits.checks import find_video
from cast_studio.core.edits.clocks import ClockChange
from cast_studio.core.project import Project
from cast_studio.core.timing import FrameIndex
from cast_studio.errors import EditError
from cast_studio.said import say


@dataclass(frozen=True, slots=True)
class ChooseStream:
    """Look at another video stream of a video's file, and label that.

    The streams of a file share its timeline, but each may count in ticks of its own. Labels stay at
    their moments: where the new stream has another clock, they go to its nearest ticks.

    Attributes:
        video_id: A video whose file was seen.
        stream: Number among all streams of the file; None for the best one.
        frames: The frames of that stream.
        size: Width and height of its upright frames in pixels.
    """

    video_id: str
    stream: int | None
    frames: FrameIndex
    size: tuple[int, int]

    def describe(self) -> str:
        """Return the text for the undo menu."""
        return say("Choose video stream")

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        video = find_video(project, self.video_id)
        if video.timebase is None:
            raise EditError(
                say(
                    'Which streams the video "{video}" has is known only once its file is found; '
                    "locate it first.",
                    video=video.name,
                )
            )
        if self.stream == video.stream:
            return Changes()
        frames = self.frames
        after = replace(
            video,
            stream=self.stream,
            timebase=frames.timebase,
            n_frames=len(frames),
            rate=frames.average_rate,
            width=self.size[0],
            height=self.size[1],
            start_pts=frames.span.start,
            end_pts=frames.span.end,
        )
        row = RowChange(video.id, video, after)
        if frames.timebase == video.timebase:
            return Changes(videos=(row,))
        clocks = ClockChange(video.timebase, frames.timebase)
        return Changes(
            videos=(row,),
            tracks=tuple(clocks.freed_tracks(project, video.id)),
            segments=tuple(clocks.moved_segments(project, video.id)),
            reviewed=tuple(clocks.moved_ranges(project, video.id)),
        )
