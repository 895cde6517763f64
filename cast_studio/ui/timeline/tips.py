"""What is told about the thing under the pointer. Pure."""

from __future__ import annotations

from cast_studio.core.timing import FrameIndex
from cast_studio.ui import wording
from cast_studio.ui.timeline.content import Hit


def tip_of(hit: Hit, frames: FrameIndex | None) -> str:
    """Return a few words, or nothing.

    Args:
        hit: What is under the pointer.
        frames: Of the video.
    """
    if frames is None:
        return ""
    if hit.lane is not None and (hit.zone == "header" or hit.bar_lane is None):
        return hit.lane.tip
    if hit.bar is None:
        return ""
    start, end = (frames.to_seconds(pts) for pts in (hit.bar.span.start, hit.bar.span.end))
    times = wording.clock(start)
    if not hit.bar.span.is_point:
        times += f" – {wording.clock(end)}"
    text = f"{hit.bar.text}\n{times}"
    if hit.bar.confidence is not None:
        text += f"\nModel, {wording.percent(hit.bar.confidence)} sure"
    elif hit.bar.is_accepted:
        text += "\nTaken over from the model"
    return text
