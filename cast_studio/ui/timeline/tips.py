"""What is told about the thing under the pointer. Pure."""

from __future__ import annotations

from cast_studio.core.timing import FrameIndex
from cast_studio.ui import wording
from cast_studio.ui.language import translate
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
    if hit.bar.span.end > frames.span.end or hit.bar.span.start < frames.span.start:
        text += "\n" + translate(
            "Timeline", "Reaches beyond the video: it may have been made for another file"
        )
    if hit.bar.confidence is not None:
        sure = translate("Timeline", "Model, {percent} sure")
        text += "\n" + sure.format(percent=wording.percent(hit.bar.confidence))
    elif hit.bar.is_accepted:
        text += "\n" + translate("Timeline", "Taken over from the model")
    return text
