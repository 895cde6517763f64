"""``cast-studio demo``: the whole job on the sample project, without a window, with real numbers."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cast_studio.app.exporting import export, export_request
from cast_studio.app.job_builder import BaseModel, TrainingLimits, build_session_job
from cast_studio.app.models import ModelChoice, register_trained_model
from cast_studio.app.preferences import AppFolders
from cast_studio.app.run_directory import new_run_directory
from cast_studio.app.samples import (
    Sample,
    apply_corrections,
    open_sample,
    read_sample,
    sample_source,
)
from cast_studio.app.samples import true_segments as segments_of
from cast_studio.app.session import Session
from cast_studio.app.videos import scan_unknown_videos, scan_video
from cast_studio.cli.asking import Questions
from cast_studio.cli.demo_pictures import Bar, write_overlay, write_timeline
from cast_studio.cli.event_loop import core_application
from cast_studio.cli.exits import ExitCode
from cast_studio.cli.model_choice import choose_model
from cast_studio.cli.numbers import seed as seed_number
from cast_studio.cli.progress import ProgressBar
from cast_studio.cli.teaching import teach
from cast_studio.cli.terminal import say
from cast_studio.core.edits import RemoveVideo
from cast_studio.core.labels import LabelHead, color_for
from cast_studio.core.predictions import Prediction, PredictionTrack
from cast_studio.core.tracks import Segment
from cast_studio.errors import CastStudioError, ExportError, StoreError, TrainingError
from cast_studio.model.catalog import ModelInfo
from cast_studio.storage.atomic import replacing

if TYPE_CHECKING:
    from cast_studio.cli.commands import Subparsers

TRAINING_SECONDS: Final = 150.0
"""What training may take."""
WHOLE_SECONDS: Final = 285.0
"""What the whole demo should take: within five minutes on two cores."""
LEAST_TRAINING_SECONDS: Final = 60.0
FRESH_SEGMENTS: Final = 48
"""Segments with something new, and as many without, in videos rendered for ``--seed``."""


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "demo",
        help="do the whole job on the sample project, without a window",
        description=(
            "Open the sample project, predict, correct, retrain, predict again and export, and "
            "measure before and after on videos that are not learned from. Takes a few minutes."
        ),
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("demo-output"),
        metavar="DIR",
        help="where the results go (default: %(default)s)",
    )
    parser.add_argument(
        "--seed",
        type=seed_number,
        metavar="N",
        help="measure on videos that are rendered now from this seed, not on the sample's own",
    )


def run(args: argparse.Namespace) -> int:
    """Do the whole job and write what came of it."""
    start = time.monotonic()
    core_application()
    out: Path = args.out
    # What is missing is told before anything is made.
    base = choose_model("", AppFolders.default()).base
    source = sample_source()
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CastStudioError(
            f"The folder “{out}” cannot be used for the results ({error.strerror}); name another "
            "one with --out."
        ) from error
    session, sample = _open_project(source, out, args.seed)
    try:
        for problem in scan_unknown_videos(session):
            raise StoreError(problem)
        scores = Demo(session, sample, base, out, start=start).run()
    finally:
        report = session.close()
    if report.text:
        raise CastStudioError(report.text)
    values = {**scores, "seconds": round(time.monotonic() - start, 1)}
    _write_values(out / "demo.json", values)
    say(f"Done in {values['seconds']:.0f} s. Everything is in “{out}”.")
    return ExitCode.OK


def _write_values(path: Path, values: Mapping[str, float]) -> None:
    try:
        with replacing(path) as file:
            file.write(json.dumps(values, indent=1).encode("ascii") + b"\n")
    except OSError as error:
        raise ExportError(
            f"The results “{path}” cannot be written ({error.strerror}); free some space or choose "
            "another folder with --out."
        ) from error


@dataclass(frozen=True, slots=True)
class Truth:
    """A segment of an unseen video as it really is."""

    video_id: str
    segment: Segment
    names: Mapping[str, str]


class Demo:
    """The steps of the job on an open sample project.

    Args:
        session: The sample project, without labels.
        sample: What really happens in its videos.
        base: The model to start from.
        out: Where the results go.
        start: When the demo began, by the clock of :func:`time.monotonic`.
    """

    def __init__(
        self, session: Session, sample: Sample, base: ModelInfo, out: Path, *, start: float
    ) -> None:
        self._start = start
        self._session = session
        self._sample = sample
        self._base = base
        self._out = out
        self._truths = _truths_of(session, sample)

    def run(self) -> dict[str, float]:
        """Do the job.

        Returns:
            ``new_before``, ``new_after``, ``old_before``, ``old_after``: shares in [0, 1] of the
            unseen segments whose verb and noun are both right, where something in them was new to
            the model and where nothing was. ``found_before``, ``found_after``: shares of the time of
            these videos that are right when the model has to find the segments itself, as it has to
            in the window.
        """
        base = self._base
        say(f"Model: {base.name}, {base.parameters / 1e6:.1f} million weights. {base.knows}")
        new = [truth for truth in self._truths if _is_new(truth, base.heads)]
        old = [truth for truth in self._truths if not _is_new(truth, base.heads)]
        start = time.monotonic()
        before = self._predict(ModelChoice(base))
        predicting = time.monotonic() - start
        new_before, old_before = _accuracy(new, before), _accuracy(old, before)
        say(f"Before: {_of(new_before, new)} of segments with something new are right, ")
        say(f"        {_of(old_before, old)} of those with known verbs and nouns.")
        for line in _confusions(new, before, base.heads):
            say(f"  {line}")

        labelled = apply_corrections(self._session, self._sample)
        say(f"Corrected: {labelled} segments of the practice videos are labelled now.")
        job = build_session_job(
            self._session,
            BaseModel(base.folder, base.heads),
            run_dir=new_run_directory(self._session.folder),
            seed=0,
            limits=TrainingLimits(max_seconds=self._training_seconds(predicting)),
        )
        outcome = teach(job)
        if outcome.adapter is None:
            raise TrainingError(outcome.text)
        steps, loss = outcome.metrics.get("steps", 0.0), outcome.metrics.get("loss", 0.0)
        say(f"Retrained on {len(job.samples)} segments: {steps:.0f} steps, last loss {loss:.2f}.")
        trained = register_trained_model(self._session, base, outcome.adapter)

        found_before = self._share_found()
        after = self._predict(ModelChoice(base, outcome.adapter))
        new_after, old_after = _accuracy(new, after), _accuracy(old, after)
        say(f"After:  {_of(new_after, new)} of segments with something new are right, ")
        say(f"        {_of(old_after, old)} of those with known verbs and nouns.")
        found_after = self._share_found()
        say(
            f"Left to find the segments itself, it was right {found_before:.0%} of the time and "
            f"is right {found_after:.0%} of it now."
        )
        self._session.set_current_model(trained.id)
        self._write_results()
        return {
            "new_before": new_before,
            "new_after": new_after,
            "old_before": old_before,
            "old_after": old_after,
            "found_before": found_before,
            "found_after": found_after,
        }

    def _training_seconds(self, predicting: float) -> float:
        """Return what is left for training when predicting takes as long again as it did."""
        left = WHOLE_SECONDS - (time.monotonic() - self._start) - predicting
        return max(LEAST_TRAINING_SECONDS, min(TRAINING_SECONDS, left))

    def _predict(self, choice: ModelChoice) -> dict[str, PredictionTrack]:
        """Ask about the true segments of the unseen videos, video by video.

        The whole videos are predicted as well: that becomes part of the project. A heatmap is kept.
        """
        spans: dict[str, list[Segment]] = {}
        for truth in self._truths:
            spans.setdefault(truth.video_id, []).append(truth.segment)
        with ProgressBar("Predicting") as progress, Questions(choice, progress) as questions:
            answers = {
                video_id: questions.predict_spans(
                    video_id,
                    self._session.video_path(video_id),
                    [segment.span for segment in segments],
                )
                for video_id, segments in spans.items()
            }
            for video_id in spans:
                path = self._session.video_path(video_id)
                self._session.set_prediction_track(questions.predict_video(video_id, path))
            shown = self._truths[len(self._truths) // 2]
            path = self._session.video_path(shown.video_id)
            maps = questions.attention(shown.video_id, path, shown.segment.span)
            write_overlay(self._out / "overlay.png", path, maps[-1])
        return answers

    def _share_found(self) -> float:
        """Return for how much of the unseen time the project's newest predictions are right."""
        right = total = 0
        for truth in self._truths:
            span = truth.segment.span
            total += span.duration
            track = self._session.prediction_track(truth.video_id)
            if track is None:
                continue
            for prediction in track.predictions:
                common = prediction.span.intersection(span)
                if common and _names(prediction, track.heads) == dict(truth.names):
                    right += common.duration
        return right / total if total else 0.0

    def _write_results(self) -> None:
        csv = self._out / "annotations.csv"
        done = export(export_request(self._session, csv, include_predictions=True))
        video_id = self._truths[0].video_id
        truths = [truth for truth in self._truths if truth.video_id == video_id]
        track = self._session.prediction_track(video_id)
        index = self._session.frame_index(video_id)
        if track is not None and index is not None:
            happens = [_true_bar(truth, track.heads[0]) for truth in truths]
            seen = [_seen_bar(prediction, track.heads) for prediction in track.predictions]
            write_timeline(self._out / "timeline.png", index, happens, seen)
        say(f"Exported {done.rows} rows to “{csv}”; see also overlay.png and timeline.png.")


def _open_project(source: Path, out: Path, seed: int | None) -> tuple[Session, Sample]:
    """Open a fresh copy of the sample; with a seed its unseen videos are replaced by new ones."""
    folder = next(
        path
        for path in (out / f"project{'' if n == 1 else f'-{n}'}" for n in count(1))
        if not path.exists()
    )
    session = open_sample(AppFolders.below(folder.absolute()), annotator="demo", source=source)
    sample = read_sample(source)
    described = Counter(video.role for video in sample.videos)
    if seed is None:
        say(
            f"Opened the sample project: {described['train']} practice videos and "
            f"{described['heldout']} unseen ones."
        )
        return session, sample
    try:
        fresh = _render_unseen(folder / "unseen", seed)
        for video in session.project.videos:
            known = sample.video(video.name)
            if known is not None and known.role == "heldout":
                session.do(RemoveVideo(video.id))
        for described_video in fresh.videos:
            path = (folder / "unseen" / "videos" / described_video.file).absolute()
            found = scan_video(path, video_id=session.new_id())
            session.add_video(found.video, found.index)
    except BaseException:
        session.close()
        raise
    practice = tuple(video for video in sample.videos if video.role == "train")
    say(
        f"Opened the sample project: {len(practice)} practice videos; rendered "
        f"{len(fresh.videos)} unseen ones from seed {seed}."
    )
    return session, Sample(sample.schema, (*practice, *fresh.videos))


def _render_unseen(folder: Path, seed: int) -> Sample:
    """Have the training package render unseen videos; it is a program of its own."""
    if getattr(sys, "frozen", False):
        raise CastStudioError(
            "This packaged build cannot render new videos; leave --seed out to use the sample's own."
        )
    segments = str(FRESH_SEGMENTS)
    command = [sys.executable, "-P", "-m", "training", "render-heldout", "--out", str(folder)]
    command += ["--seed", str(seed), "--new", segments, "--known", segments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ["no reason was given"]
        raise CastStudioError(f"The unseen videos could not be rendered: {last[0]}")
    return read_sample(folder)


def _truths_of(session: Session, sample: Sample) -> tuple[Truth, ...]:
    truths = []
    for video in session.project.videos:
        described = sample.video(video.name)
        if described is None or described.role != "heldout":
            continue
        segments = segments_of(session, video.id, described)
        truths += [
            Truth(video.id, segment, found.names)
            for segment, found in zip(segments, described.segments, strict=True)
        ]
    return tuple(truths)


def _is_new(truth: Truth, heads: Sequence[LabelHead]) -> bool:
    return any(head.class_named(truth.names[head.name]) is None for head in heads)


def _answer(truth: Truth, tracks: Mapping[str, PredictionTrack]) -> dict[str, str]:
    """The model's first choice for a true segment, by head."""
    track = tracks[truth.video_id]
    prediction = next(found for found in track.predictions if found.span == truth.segment.span)
    return _names(prediction, track.heads)


def _names(prediction: Prediction, heads: Sequence[LabelHead]) -> dict[str, str]:
    return {head.name: head.classes[prediction.best(head.name)[0]].name for head in heads}


def _accuracy(truths: Sequence[Truth], tracks: Mapping[str, PredictionTrack]) -> float:
    right = sum(_answer(truth, tracks) == dict(truth.names) for truth in truths)
    return right / len(truths) if truths else 0.0


def _confusions(
    new: Sequence[Truth], tracks: Mapping[str, PredictionTrack], heads: Sequence[LabelHead]
) -> list[str]:
    """One line for each class the model does not know: what it takes it for."""
    taken_for: dict[str, Counter[str]] = {}
    for truth in new:
        answer = _answer(truth, tracks)
        for head in heads:
            name = truth.names[head.name]
            if head.class_named(name) is None:
                taken_for.setdefault(name, Counter())[answer[head.name]] += 1
    return [
        f"“{name}” is taken for "
        + ", ".join(f"{other} ({times})" for other, times in counts.most_common(3))
        for name, counts in sorted(taken_for.items())
    ]


def _true_bar(truth: Truth, coloring: LabelHead) -> Bar:
    found = coloring.class_named(truth.names[coloring.name])
    color = found.color if found is not None else color_for(0)
    return Bar(truth.segment.span, tuple(truth.names.values()), color)


def _seen_bar(prediction: Prediction, heads: Sequence[LabelHead]) -> Bar:
    best = [(head, *prediction.best(head.name)) for head in heads]
    lines = tuple(f"{head.classes[at].name} {share:.2f}" for head, at, share in best)
    first, position, _ = best[0]
    return Bar(prediction.span, lines, first.classes[position].color, prediction.confidence)


def _of(share: float, truths: Sequence[Truth]) -> str:
    return f"{share:.0%} ({round(share * len(truths))} of {len(truths)})"
