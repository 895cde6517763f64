"""``cast-studio predict``: what the model sees in videos, as a CSV file."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cast_studio.app.exporting import ExportRequest, export
from cast_studio.app.models import ModelChoice
from cast_studio.app.preferences import AppFolders
from cast_studio.app.videos import VideoOpener
from cast_studio.cli.asking import Questions
from cast_studio.cli.event_loop import EventLoop
from cast_studio.cli.exits import ExitCode
from cast_studio.cli.model_choice import MODEL_HELP, choose_model
from cast_studio.cli.output_file import check_output
from cast_studio.cli.progress import ProgressBar
from cast_studio.cli.terminal import complain, say
from cast_studio.core.labels import LabelSchema
from cast_studio.core.predictions import PredictionTrack
from cast_studio.core.project import FORMAT_VERSION, Project, VideoRef
from cast_studio.core.timing import FrameIndex
from cast_studio.core.views import VIEW_SCHEMES, ViewScheme

if TYPE_CHECKING:
    from cast_studio.cli.commands import Subparsers

_ID_DIGITS: Final = 16
_VIEWS_HELP: Final = (
    "take each video as one segment and average the probabilities over the published test's views: "
    "uniform (2 x 3, for EPIC-KITCHENS and Something-Something) or dense (5 x 3, for Kinetics)"
)


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "predict",
        help="predict videos and write a CSV file",
        description=(
            "Predict whole videos and write one row for each segment that the model sees, or, with "
            "--views, one row for each video. Nothing is written when a video cannot be read."
        ),
    )
    parser.add_argument("videos", nargs="+", type=Path, metavar="VIDEO")
    parser.add_argument(
        "--out", required=True, type=Path, metavar="FILE.csv", help="the file to create or replace"
    )
    parser.add_argument("--model", default="", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument("--views", choices=list(VIEW_SCHEMES), help=_VIEWS_HELP)


def run(args: argparse.Namespace) -> int:
    """Predict the videos and write the file."""
    videos = _each_once(args.videos)
    out: Path = args.out
    check_output(out, inputs=videos)
    choice = choose_model(args.model, AppFolders.default())
    found = scan(videos)
    if found.problems:
        _tell_problems(found, out)
        return ExitCode.FAILED
    scheme = VIEW_SCHEMES[args.views] if args.views else None
    tracks = _predict(choice, found.videos, scheme)
    done = export(
        ExportRequest(
            project=_project(tracks, found.videos),
            predictions=tracks,
            frame_indexes={video.ref.id: video.index for video in found.videos},
            video_paths={video.ref.id: video.path for video in found.videos},
            path=out,
        )
    )
    if choice.adapter is None:
        complain(choice.base.knows)
    views = f", each from {len(scheme.views)} views" if scheme is not None else ""
    say(
        f"Wrote {_counted(done.rows, 'row')} for {_counted(len(found.videos), 'video')} to “{out}”"
        f"{views}."
    )
    return ExitCode.OK


@dataclass(frozen=True, slots=True)
class FoundVideo:
    """A video that can be read.

    Attributes:
        path: As the user typed it.
        ref: With that path, and with an id that depends on the content alone, so that the same
            videos give the same file.
        index: Its frames.
    """

    path: Path
    ref: VideoRef
    index: FrameIndex


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found of the videos.

    Attributes:
        videos: Those that can be read, as the user ordered them.
        problems: A sentence that names the file for each of the others.
    """

    videos: tuple[FoundVideo, ...]
    problems: tuple[str, ...]


def scan(paths: Sequence[Path]) -> Scan:
    """Open videos and read where their frames are.

    Args:
        paths: At least one; each file once, under one name.
    """
    loop, opener = EventLoop(), VideoOpener()
    typed = {path.absolute().as_posix(): path for path in paths}
    found: dict[Path, tuple[VideoRef, FrameIndex]] = {}
    problems: list[str] = []

    def on_opened(ref: VideoRef, index: FrameIndex) -> None:
        found[typed[ref.path]] = (ref, index)

    def on_failed(path: str, sentence: str) -> None:
        name = Path(path).name
        problems.append(sentence if name in sentence else f"“{name}”: {sentence}")

    opener.opened.connect(on_opened)
    opener.failed.connect(on_failed)
    opener.warned.connect(lambda _path, sentence: complain(sentence))
    opener.idle.connect(loop.end)
    opener.open(paths)
    try:
        loop.run()
    finally:
        opener.close()
    return Scan(_with_lasting_ids([(p, *found[p]) for p in paths if p in found]), tuple(problems))


def _each_once(paths: Iterable[Path]) -> list[Path]:
    """Return the paths without those that name a file again, relative or absolute."""
    first: dict[Path, Path] = {}
    for path in paths:
        first.setdefault(path.absolute(), path)
    return list(first.values())


def _predict(
    choice: ModelChoice, videos: Sequence[FoundVideo], scheme: ViewScheme | None
) -> tuple[PredictionTrack, ...]:
    with ProgressBar("Predicting") as progress, Questions(choice, progress) as questions:
        tracks = []
        for number, video in enumerate(videos):
            progress.begin_part(number, len(videos), video.path.name)
            tracks.append(
                questions.predict_video(video.ref.id, video.path)
                if scheme is None
                else questions.predict_views(video.ref.id, video.path, scheme)
            )
        return tuple(tracks)


def _with_lasting_ids(
    found: Sequence[tuple[Path, VideoRef, FrameIndex]],
) -> tuple[FoundVideo, ...]:
    taken: set[str] = set()
    videos = []
    for path, ref, index in found:
        stem = ref.fingerprint[:_ID_DIGITS]
        copies = (f"{stem}-{number}" for number in range(2, len(found) + 2))
        lasting = next(name for name in (stem, *copies) if name not in taken)
        taken.add(lasting)
        videos.append(FoundVideo(path, replace(ref, id=lasting, path=path.as_posix()), index))
    return tuple(videos)


def _project(tracks: Sequence[PredictionTrack], videos: Sequence[FoundVideo]) -> Project:
    """Return a project in memory that holds the videos and no labels."""
    return Project(
        format_version=FORMAT_VERSION,
        id="predict",
        name="predict",
        schema=LabelSchema(tracks[0].heads),
        videos=tuple(video.ref for video in videos),
    )


def _tell_problems(result: Scan, out: Path) -> None:
    for sentence in result.problems:
        complain(sentence)
    fine = ", ".join(f"“{video.path}”" for video in result.videos)
    others = f"; there is nothing wrong with {fine}" if fine else ""
    complain(f"“{out}” was not written{others}.")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
