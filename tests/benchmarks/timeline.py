"""The timeline under load: how long painting takes, and an edit until it is on screen."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from time import perf_counter, thread_time

import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QApplication

from cast_studio.app.diagnostics import UserMessages
from cast_studio.app.inference import InferenceService
from cast_studio.app.playback import Player
from cast_studio.app.preferences import AppFolders, Preferences
from cast_studio.app.session import Session
from cast_studio.app.trainer import TrainingRunner
from cast_studio.app.window_thread import window_thread
from cast_studio.core.edits import (
    AddSegments,
    AddVideo,
    MarkReviewed,
    RelabelSegments,
    RemoveSegments,
    RetimeSegment,
    SplitSegment,
)
from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema, color_for
from cast_studio.core.project import VideoRef
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.core.tracks import Segment, Track
from cast_studio.media.waveform import Waveform
from cast_studio.ui import tokens
from cast_studio.ui.main_window import MainWindow
from cast_studio.ui.scaled_pictures import ScaledPictures
from cast_studio.ui.studio import Services, Studio
from cast_studio.ui.theme import Theme
from cast_studio.ui.timeline.lanes import PICTURES, SOUND
from cast_studio.ui.timeline.look import LaneView, Look
from cast_studio.ui.timeline.picture_lane import PictureLane
from cast_studio.ui.timeline.selecting import Chosen
from cast_studio.ui.timeline.sound_lane import SoundLane
from tests.benchmarks.report import Measured, Report, percentile
from tests.benchmarks.stage import pause
from tests.fakes import fake_factory, fake_model_info

PAINT_MS = 8.0
EDIT_MS = 16.0
STRIP_MS = 2.0
SEGMENTS = 100_000
ON_ONE_ROW = 10_000
VIDEOS = 46
RATE = 25
HOURS = 2
_TICKS = 40
"""A frame, in ticks of a millisecond."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--rounds", type=int, default=60, help="how often each thing is done")
    parser.add_argument("--width", type=int, default=1920, help="of the window, in pixels")


def measure(arguments: argparse.Namespace) -> Report:
    """Open a project of 100,000 segments and use the timeline of a video of two hours."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    with tempfile.TemporaryDirectory() as home, window_thread():
        window = make_window(Path(home), Theme(application, "dark"))
        window.resize(arguments.width, 1080)
        session = crowded_session(Path(home))
        window.show()
        window.studio.projects.adopt(session)
        pause(300)
        window.studio.state.set_frames(two_hours())
        pause(500)
        show_strips(window)
        measured = (*paintings(window, arguments.rounds), *edits(window, arguments.rounds))
        session.flush(120_000)
        window.close()
    conditions = {
        "segments": SEGMENTS,
        "on the widest row": ON_ONE_ROW,
        "videos": VIDEOS,
        "hours": HOURS,
        "width": arguments.width,
        "value": "95 of 100 take no longer",
    }
    return Report("timeline", measured, conditions)


def two_hours() -> FrameIndex:
    """Return the frames of two hours at 25 frames a second."""
    count = HOURS * 3600 * RATE
    pts = np.arange(count, dtype=np.int64) * _TICKS
    return FrameIndex(pts, np.arange(count) % 250 == 0, Fraction(1, 1000), count * _TICKS)


def show_strips(window: MainWindow) -> None:
    """Show a picture everywhere, each another one, and two hours of noise as a waveform."""
    timeline, frames = window.workspace.timeline, two_hours()
    rng = np.random.default_rng(0)
    image = QImage(192, 108, QImage.Format.Format_RGB32)
    images: dict[int, QImage] = {}

    def picture(frame_index: int) -> QImage:
        if frame_index not in images:
            images[frame_index] = image.copy()
            images[frame_index].fill(QColor.fromHsv(frame_index % 360, 200, 200))
        return images[frame_index]

    peaks = np.sort(rng.integers(-128, 128, (HOURS * 3600 * 500, 2)), axis=1).astype(np.int8)
    waveform = Waveform.of(peaks, start=0.0, rate=500.0, is_complete=True)
    own = [lane for lane in timeline.content.lanes if not lane.is_strip and lane.key != "reviewed"]
    timeline.show_lanes(
        (
            PictureLane("Pictures", "", picture, ScaledPictures(), frames),
            SoundLane("Sound", "", waveform, float(frames.timebase)),
            *own,
        ),
        reviewed=timeline.content.reviewed,
    )


def crowded_session(home: Path) -> Session:
    """Return a project of 100,000 segments, 10,000 of them on one track of its first video."""
    classes = tuple(LabelClass(i, f"do something {i}", color_for(i)) for i in range(30))
    schema = LabelSchema((LabelHead("verb", classes), LabelHead("noun", classes)))
    session = Session.create(home / "large.cast", name="large", schema=schema, annotator="ada")
    rng = np.random.default_rng(0)
    rest = SEGMENTS - ON_ONE_ROW - 2 * 2_000
    for number in range(VIDEOS):
        tracks = [Track(f"t{number}", f"v{number}", "Labels", "ada")]
        counts = [ON_ONE_ROW if number == 0 else rest // (VIDEOS - 1)]
        if number == 0:
            tracks.append(Track("second", "v0", "Second opinion", "ben", position=1))
            tracks.append(Track("free", "v0", "Both", "ada", exclusive=False, position=2))
            counts += [2_000, 2_000]
        elif number == 1:
            counts[0] += rest % (VIDEOS - 1)
        filled = [crowded(track, count, rng) for track, count in zip(tracks, counts, strict=True)]
        end = HOURS * 3_600_000
        video = VideoRef(
            f"v{number}", f"missing/{number:03}.mp4", 1, "f", Fraction(1, 1000), end // _TICKS,
            Fraction(RATE), 640, 360, 0, end,
        )  # fmt: skip
        session.do(AddVideo(video, tuple(filled)))
    session.do(MarkReviewed("v0", TimeSpan(0, 1_000_000), "ada", "r0"))
    session.flush(300_000)
    return session


def crowded(track: Track, count: int, rng: np.random.Generator) -> Track:
    """Return a track with segments all over two hours, without overlaps if it allows none."""
    step = HOURS * 3600 * RATE // count
    segments = []
    for number in range(count):
        first = number * step
        length = int(rng.integers(1, step)) if track.exclusive else 2 * step
        labels = {"verb": int(rng.integers(30)), "noun": int(rng.integers(30))}
        span = TimeSpan(first * _TICKS, min(first + length, HOURS * 3600 * RATE) * _TICKS)
        segments.append(Segment(f"{track.id}-{number:06}", span, labels))
    return Track(
        track.id, track.video_id, track.name, track.annotator, tuple(segments), track.exclusive,
        track.position,
    )  # fmt: skip


def make_window(home: Path, theme: Theme) -> MainWindow:
    """Return a window with a model that is never asked."""
    preferences = Preferences(AppFolders.below(home))
    preferences.annotator = "ada"
    info = fake_model_info()
    services = Services(
        preferences=preferences,
        messages=UserMessages(),
        player=Player(),
        inference=InferenceService(fake_factory(None), describe=lambda _folder: info),
        runner=TrainingRunner(),
        list_models=lambda: (info,),
        prepare_sample=lambda _annotator: home,
    )
    return MainWindow(Studio(services), theme)


def paintings(window: MainWindow, rounds: int) -> list[Measured]:
    """Measure painting the whole timeline, at several zooms, and only the playhead."""
    timeline = window.workspace.timeline
    fitting = timeline.content.scale
    assert fitting is not None
    measured = []
    zooms = {"whole video": 1.0, "10 minutes": 12.0, "1 minute": 120.0, "a second": 7200.0}
    # Where bars are just wide enough to be drawn one by one, most of them are on screen.
    zooms["most single bars"] = 24.0 * fitting.width / 1080
    for name, zoom in zooms.items():
        scale = fitting.zoomed(zoom, around=fitting.width / 3)

        def look(step: int, scale=scale) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
            timeline.content.scale = scale.panned(37.0 * step)
            timeline.repaint()

        measured.append(timed(f"paint, {name}", look, rounds, PAINT_MS))
    timeline.set_scale(fitting)
    every = frozenset(bar.key for bar in timeline.content.labels.bars)
    timeline.select(labels=Chosen.of(every))
    measured += [
        timed(f"paint, strip of {key}", strip_painting(window, key), rounds, STRIP_MS)
        for key in (PICTURES, SOUND)
    ]
    measured.append(timed("paint, all selected", lambda _: timeline.repaint(), rounds, PAINT_MS))
    timeline.select()

    def play(step: int) -> None:
        timeline.move_playhead(step * 4 * _TICKS)
        QApplication.processEvents()

    measured.append(timed("paint, playhead moves on", play, rounds, PAINT_MS))
    return measured


def strip_painting(window: MainWindow, key: str) -> Callable[[int], None]:
    """Return what paints one strip, at a new place each time, as after zooming to ten minutes."""
    content = window.workspace.timeline.content
    lane = next(lane for lane in content.lanes if lane.key == key)
    assert content.scale is not None
    scale = content.scale.zoomed(12.0, around=content.width / 3)
    target = QPixmap(content.width, lane.height)
    colors, font = tokens.DARK, window.font()
    look = Look(colors, font, font, QFontMetricsF(font), QFontMetricsF(font))

    def paint(step: int) -> None:
        painter = QPainter(target)
        area = QRect(0, 0, content.width, lane.height)
        lane.paint(painter, look, LaneView(area, scale.panned(37.0 * step), 0, content.width))
        painter.end()

    return paint


def edits(window: MainWindow, rounds: int) -> list[Measured]:
    """Measure edits on the widest row, from the call until all of it is on screen."""
    session = window.studio.session
    assert session is not None
    ids = [segment.id for segment in session.project.track("t0").segments]
    ends = {s.id: s.span for s in session.project.track("t0").segments}

    def settle() -> None:
        # Everything that was told to paint itself anew does so, once.
        QApplication.processEvents()

    def relabel(step: int) -> None:
        session.do(RelabelSegments((ids[step * 7],), {"verb": step % 30}))
        settle()

    def retime(step: int) -> None:
        span = ends[ids[step * 11]]
        session.do(RetimeSegment(ids[step * 11], TimeSpan(span.start, span.end - 1)))
        settle()

    def split(step: int) -> None:
        span = ends[ids[step * 13 + 1]]
        middle = (span.start + span.end) // 2
        session.do(SplitSegment(ids[step * 13 + 1], middle, f"new-{step}"))
        settle()

    def remove(step: int) -> None:
        session.do(RemoveSegments((ids[-1 - step],)))
        settle()

    def undo(_step: int) -> None:
        session.undo()
        settle()

    def add(step: int) -> None:
        at = HOURS * 3_600_000 + step * _TICKS
        session.do(AddSegments("t0", (Segment(f"add-{step}", TimeSpan(at, at + _TICKS), {}),)))
        settle()

    def bulk(step: int) -> None:
        session.do(RelabelSegments(tuple(ids[:1000]), {"verb": step % 30}))
        settle()

    singles: Sequence[tuple[str, Callable[[int], None]]] = (
        ("edit, relabel one", relabel),
        ("edit, move an edge", retime),
        ("edit, split", split),
        ("edit, remove one", remove),
        ("edit, undo", undo),
        ("edit, add one", add),
    )
    found = [timed(name, does, rounds, EDIT_MS) for name, does in singles]
    return [*found, timed("edit, relabel 1,000", bulk, max(5, rounds // 10), None)]


def timed(name: str, does: Callable[[int], None], rounds: int, target: float | None) -> Measured:
    """Return how long something takes, in milliseconds."""
    does(0)
    pause(20)
    taken, own = [], []
    for step in range(1, rounds + 1):
        begin, begin_own = perf_counter(), thread_time()
        does(step)
        own.append(1000 * (thread_time() - begin_own))
        taken.append(1000 * (perf_counter() - begin))
    # Beside other programs, only the thread's own time says what the work itself costs.
    details = {
        "median": percentile(taken, 0.5),
        "longest": max(taken),
        "own_median": percentile(own, 0.5),
        "own_p95": percentile(own, 0.95),
    }
    return Measured(name, percentile(taken, 0.95), "ms", target, details)
