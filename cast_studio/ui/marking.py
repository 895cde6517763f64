"""Going from segment to segment, and marking where a new one begins and ends."""

from __future__ import annotations

from cast_studio.core.predictions import PredictionTrack
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.core.tracks import Track
from cast_studio.ui.annotation_controller import AnnotationController
from cast_studio.ui.playback_controller import PlaybackController
from cast_studio.ui.view_state import LabelSelection, PredictionSelection, Selection, ViewState


class Marking:
    """Moves the playhead, the selection and the marked range; changes no label."""

    def __init__(
        self, state: ViewState, annotations: AnnotationController, playback: PlaybackController
    ) -> None:
        self._state = state
        self._annotations = annotations
        self._playback = playback

    def visit(self, step: int) -> None:
        """Go to the next label or open segment of the model (1), or to the one before (-1)."""
        stops = stops_of(self._annotations.track, self._annotations.predictions)
        playhead, selection = self._state.playhead, self._state.selection
        if playhead is None or not stops:
            return
        selected = next((i for i, (_, found) in enumerate(stops) if found == selection), None)
        if selected is not None:
            position = selected + step
        elif step > 0:
            position = next((i for i, (s, _) in enumerate(stops) if s.start > playhead), len(stops))
        else:
            starts = [i for i, (span, _) in enumerate(stops) if span.start < playhead]
            position = starts[-1] if starts else -1
        if 0 <= position < len(stops):
            span, target = stops[position]
            self._playback.show_pts(span.start)
            self._state.select(target)

    def mark_in(self) -> None:
        """Let the range begin with the frame on screen; after a label that ends with it, with the next."""
        frames, marked = self._state.frames, self._state.marked
        if frames is None:
            return
        index = min(self._state.frame_index, len(frames) - 1)
        if index + 1 < len(frames) and self._ends_a_label(frames, index):
            index += 1
        start, end = frames.pts_of(index), frames.end_of(index)
        if marked is not None and marked.end > start:
            end = marked.end
        self._state.mark(TimeSpan(start, end))

    def _ends_a_label(self, frames: FrameIndex, index: int) -> bool:
        """Return whether a frame is the last of a label that no other may overlap."""
        track = self._annotations.track
        if track is None or not track.exclusive:
            return False
        label = track.at(frames.pts_of(index))
        return label is not None and label.span.start < label.span.end == frames.end_of(index)

    def mark_out(self) -> None:
        """Let the range end with the frame on screen."""
        frames, marked = self._state.frames, self._state.marked
        if frames is None:
            return
        index = min(self._state.frame_index, len(frames) - 1)
        start, end = frames.pts_of(index), frames.end_of(index)
        if marked is not None and marked.start < end:
            start = marked.start
        self._state.mark(TimeSpan(start, end))

    def play_current(self, *, loops: bool = False) -> None:
        """Play the current label, segment or range from its start to its end, once or again and again."""
        span = self._annotations.current.span
        if span is not None:
            self._playback.play_span(span, loops=loops)


def stops_of(
    track: Track | None, predictions: PredictionTrack | None
) -> list[tuple[TimeSpan, Selection]]:
    """Return all labels, and the model's segments whose middle carries no label, by time."""
    stops: list[tuple[TimeSpan, Selection]] = []
    if track is not None:
        stops += [(segment.span, LabelSelection(segment.id)) for segment in track.segments]
    for found in predictions.predictions if predictions is not None else ():
        middle = (found.span.start + found.span.end) // 2
        if track is None or track.at(middle) is None:
            stops.append((found.span, PredictionSelection(found.span)))
    return sorted(stops, key=lambda stop: stop[0])
