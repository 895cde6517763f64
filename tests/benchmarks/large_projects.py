"""Large projects of real files, and the real window on them, without a model."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
from PySide6.QtWidgets import QApplication

from cast_studio.app.diagnostics import UserMessages
from cast_studio.app.preferences import AppFolders, Preferences
from cast_studio.app.videos import scan_video
from cast_studio.app.window_thread import window_thread
from cast_studio.core.labels import LabelHead, LabelSchema
from cast_studio.core.project import FORMAT_VERSION, Project, VideoRef
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Segment, Track
from cast_studio.storage.store import ProjectStore
from cast_studio.ui.application import make_services
from cast_studio.ui.main_window import MainWindow
from cast_studio.ui.studio import Studio
from cast_studio.ui.theme import Theme
from tests.fakes import make_head
from tests.videos import constant_rate, packets_of

NOW = "2026-01-02T03:04:05Z"


def schema(n_verbs: int = 97, n_nouns: int = 300) -> LabelSchema:
    """Return as many classes as EPIC-KITCHENS-100 has."""

    def head(name: str, count: int) -> LabelHead:
        return make_head(name, *(f"{name} {i}" for i in range(count)))

    return LabelSchema((head("verb", n_verbs), head("noun", n_nouns)))


def segments(prefix: str, count: int, end: int) -> tuple[Segment, ...]:
    """Return labels that fill the time up to ``end`` ticks, with short gaps between them."""
    step = end / count
    return tuple(
        Segment(
            f"{prefix}-{i}",
            TimeSpan(round(i * step), round(i * step + step * 0.8)),
            {"verb": i % 97, "noun": i % 300},
            created_at=NOW,
        )
        for i in range(count)
    )


def write_many_videos(folder: Path, *, n_videos: int, n_segments: int) -> Path:
    """Write a project of many videos with a hundred labels or so each; return its folder.

    All videos are links to one short file, so that each of them can be opened.
    """
    original = constant_rate(folder / "original.mp4")
    found = scan_video(original, video_id="v").video
    end = found.end_pts or 1
    videos, tracks = [], []
    for number in range(n_videos):
        name = f"P{number // 40:02}_{number:04} a kitchen in the morning, second camera.mp4"
        os.link(original, folder / name)
        video = replace(found, id=f"v{number}", path=f"../{name}", fingerprint=f"{number:064}")
        videos.append(video)
        labels = segments(f"s{number}", n_segments // n_videos, end)
        tracks.append(Track(f"t{number}", video.id, "Labels", "ada", labels))
    return _write(folder / "many.cast", videos, tracks)


def write_one_video(folder: Path, *, seconds: int, n_segments: int) -> Path:
    """Write a project of one long video with all labels on one track; return its folder."""
    path = long_video(folder / "long.mp4", seconds)
    video = scan_video(path, video_id="v").video
    video = replace(video, path="../long.mp4")
    labels = segments("s", n_segments, video.end_pts or 1)
    return _write(folder / "one.cast", [video], [Track("t", "v", "Labels", "ada", labels)])


def long_video(path: Path, seconds: int) -> Path:
    """Write a video by repeating the packets of a short one; quick, however long it is."""
    short = constant_rate(path.with_name("short.mp4"), count=240)
    packets = [
        (bytes(packet), packet.pts, packet.dts, packet.is_keyframe) for packet in packets_of(short)
    ]
    with av.open(short) as source, av.open(path, "w") as target:
        template = source.streams.video[0]
        stream = target.add_stream_from_template(template)
        timebase = template.time_base or Fraction(1)
        length = round(Fraction(240, 24) / timebase)
        for turn in range(max(1, seconds // 10)):
            for data, pts, dts, is_key in packets:
                packet = av.Packet(data)
                packet.pts, packet.dts = pts + turn * length, dts + turn * length
                packet.time_base, packet.stream, packet.is_keyframe = timebase, stream, is_key
                target.mux(packet)
    return path


def _write(folder: Path, videos: list[VideoRef], tracks: list[Track]) -> Path:
    project = Project(FORMAT_VERSION, "p", folder.stem, schema(), tuple(videos), tuple(tracks))
    ProjectStore.create(folder, project).close()
    return folder


@contextmanager
def open_window(home: Path) -> Iterator[MainWindow]:
    """Show the real window on real services; no model is there to be loaded."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    with window_thread():
        preferences = Preferences(AppFolders.below(home))
        preferences.annotator = "ada"
        services = replace(make_services(preferences, UserMessages()), list_models=tuple)
        window = MainWindow(Studio(services), Theme(application, "dark"))
        window.resize(1440, 900)
        window.show()
        try:
            yield window
        finally:
            window.close()
