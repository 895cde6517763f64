"""Takes pictures of the real window: ``python -m tests.screenshots OUT_DIR [--scale 2]``.

With ``--tour`` it opens the bundled sample project with the bundled model and waits for both, as the
pictures in the README need. Without, it fills a project with rendered videos, 60 segments and long
names, and lets a scripted predictor speak, so that the layout is seen under load.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QApplication, QWidget

from cast_studio.app.diagnostics import UserMessages
from cast_studio.app.inference import InferenceService
from cast_studio.app.preferences import TEXT_PERCENTS, AppFolders, Preferences
from cast_studio.app.session import Session
from cast_studio.app.training_outcome import TrainingOutcome
from cast_studio.app.videos import scan_video
from cast_studio.core.edits import AddSegments
from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema, color_for
from cast_studio.core.predictions import ClipScores, Prediction, PredictionTrack
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.core.tracks import Origin, Segment
from cast_studio.core.training_protocol import Progress
from cast_studio.ui.application import make_services
from cast_studio.ui.cheat_sheet import CheatSheet
from cast_studio.ui.class_picker import ClassPicker
from cast_studio.ui.main_window import MainWindow
from cast_studio.ui.status_bar import Work
from cast_studio.ui.studio import Services, Studio
from cast_studio.ui.theme import Theme, ThemeChoice
from cast_studio.ui.view_state import LabelSelection, PredictionSelection
from tests.benchmarks.stage import pause, wait_until
from tests.fakes import SMALL_CLIPS, FakePredictor, fake_factory, fake_model_info

SIZES = ((1280, 800), (1920, 1080))
THEMES: tuple[ThemeChoice, ...] = ("dark", "light", "contrast")
N_ACTIONS = 20
LONG_NAMES = (
    "align the Bauteilprüfvorrichtung counterclockwise",
    "strawberry-shaped cushion with polka dots",
)


class LookingPredictor(FakePredictor):
    """Looks at one place that wanders, so that the heatmap has something to show."""

    def predict(self, clips: NDArray[np.uint8], *, attention: bool = False):  # type: ignore[no-untyped-def]  # noqa: ANN201
        found = super().predict(clips, attention=attention)
        if not attention:
            return found
        side, times = 14, 4
        rows, columns = np.mgrid[0:side, 0:side]
        grids = []
        for time in range(times):
            distance = (rows - 5 - time) ** 2 + (columns - 8) ** 2
            grid = np.exp(-distance / 6) + 0.05 * np.random.default_rng(time).random((side, side))
            grids.append(grid / grid.sum())
        maps = np.broadcast_to(np.array(grids), (len(clips), 3, times, side, side))
        return ClipScores(found.scores, maps.astype(np.float16))


def main() -> int:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tour", action="store_true", help="the bundled sample and model")
    parser.add_argument("--videos", type=Path, help="keep the rendered videos here")
    parser.add_argument("--scale", type=float, default=1.0, help="pixels of the screen per pixel")
    parser.add_argument(
        "--text", type=int, default=100, choices=TEXT_PERCENTS, help="size of text in percent"
    )
    parser.add_argument("--themes", nargs="*", choices=THEMES, default=THEMES)
    chosen = parser.parse_args()
    os.environ["QT_SCALE_FACTOR"] = str(chosen.scale)
    chosen.out.mkdir(parents=True, exist_ok=True)
    application = QApplication(sys.argv[:1])
    for theme in chosen.themes:
        with tempfile.TemporaryDirectory() as home:
            folders = AppFolders.below(Path(home))
            preferences = Preferences(folders)
            preferences.annotator = "ada"
            dress = Theme(application, theme, text_percent=chosen.text)
            if chosen.tour:
                take_tour(preferences, dress, chosen.out)
            else:
                videos = chosen.videos or Path(home) / "videos"
                take_crowded(preferences, dress, chosen.out, videos)
    return 0


def take_tour(preferences: Preferences, theme: Theme, out: Path) -> None:
    """Take the pictures of the README: the real model on the real sample."""
    services = make_services(preferences, UserMessages())
    window = MainWindow(Studio(services), theme)
    window.resize(1440, 900)
    window.show()
    studio = window.studio
    wait_until(lambda: bool(services.inference.model_id), 60)
    studio.open_sample()
    wait_until(lambda: studio.state.frames is not None, 20)
    studio.predict()
    wait_until(lambda: not studio.models.is_predicting, 240)
    frames = studio.state.frames
    if frames is not None:
        studio.playback.show_frame(len(frames) // 5)
    pause(400)
    shoot(window, out / f"tour-predicted-{theme.choice}.png")
    window.actions_.trigger_heatmap(True)
    wait_until(lambda: window.workspace.video_view.has_heat, 60)
    window.workspace.show_page(window.workspace.why_panel)
    pause(400)
    shoot(window, out / f"tour-why-{theme.choice}.png")
    window.close()


def take_crowded(preferences: Preferences, theme: Theme, out: Path, videos: Path) -> None:
    """Take every panel in every state, under load."""
    name = theme.choice
    schema = long_schema()
    window = make_window(preferences, theme, schema)
    window.resize(*SIZES[0])
    window.show()
    pause(200)
    shoot(window, out / f"welcome-{name}.png")
    session = crowded_session(preferences, schema, videos)
    window.studio.projects.adopt(session)
    wait_until(lambda: window.workspace.video_view.image is not None, 20)
    take_first_steps(window, out, name)
    for video in session.project.videos:
        session.set_prediction_track(guesses(session, video.id, schema))
    for size in SIZES:
        window.resize(*size)
        tag = f"{name}-{size[0]}"
        take_states(window, session, out, tag)
    window.resize(*SIZES[0])
    take_dialogs(window, session, out, name)
    window.studio.projects.close()
    pause(100)
    shoot(window, out / f"welcome-recent-{name}.png")
    window.close()


def take_first_steps(window: MainWindow, out: Path, name: str) -> None:
    """Take a video that nobody has looked at yet."""
    window.studio.state.show_video("v2")
    wait_until(lambda: window.workspace.video_view.image is not None, 20)
    pause(200)
    shoot(window, out / f"fresh-video-{name}.png")
    window.workspace.show_page(window.workspace.training_panel)
    pause(100)
    shoot(window, out / f"train-first-{name}.png")
    window.studio.state.show_video("v1")
    wait_until(lambda: window.workspace.video_view.image is not None, 20)


def take_states(window: MainWindow, session: Session, out: Path, tag: str) -> None:
    """Take the main states at one size."""
    studio, workspace = window.studio, window.workspace
    frames = studio.state.frames
    track = studio.annotations.track
    if frames is None or track is None:
        raise RuntimeError("the video did not open")
    workspace.show_page(workspace.label_panel)
    studio.playback.show_frame(130)
    studio.state.select(None)
    pause(300)
    shoot(window, out / f"playhead-{tag}.png")
    studio.state.select(LabelSelection(track.segments[4].id))
    studio.playback.show_pts(track.segments[4].span.start)
    workspace.timeline.zoom(4)
    pause(300)
    shoot(window, out / f"label-{tag}.png")
    predicted = studio.annotations.predictions
    if predicted is not None:
        span = predicted.predictions[len(track.segments) + 1].span
        studio.state.select(PredictionSelection(span))
        studio.playback.show_pts(span.start + span.duration // 2)
    window.actions_.trigger_heatmap(True)
    wait_until(lambda: workspace.video_view.has_heat, 10)
    workspace.show_page(workspace.why_panel)
    pause(200)
    shoot(window, out / f"why-{tag}.png")
    window.actions_.trigger_heatmap(False)
    workspace.timeline.zoom_fit()
    take_training(window, out, tag)
    workspace.show_page(workspace.label_panel)


def take_training(window: MainWindow, out: Path, tag: str) -> None:
    """Take the training panel: ready, running, done and failed."""
    panel = window.workspace.training_panel
    window.workspace.show_page(panel)
    pause(100)
    shoot(window, out / f"train-ready-{tag}.png")
    panel.show_running()
    rng = np.random.default_rng(0)
    for step in range(1, 121):
        loss = 2.2 * np.exp(-step / 40) + 0.15 + 0.1 * rng.random()
        panel.show_progress(Progress(step, 180, float(loss), 1e-3, step * 0.4, (180 - step) * 0.4))
    window.status.show_work(Work.TRAINING, "Retraining", share=120 / 180, seconds_left=24.0)
    pause(200)
    shoot(window, out / f"train-running-{tag}.png")
    metrics = {"verb": 0.96, "noun": 0.91, "action": 0.89}
    done = "Training finished; the new model can be used."
    panel.show_outcome(TrainingOutcome("finished", done, metrics=metrics))
    window.status.end_work(Work.TRAINING)
    pause(100)
    shoot(window, out / f"train-done-{tag}.png")
    log = "Traceback (most recent call last):\n  ...\nMemoryError: out of memory"
    text = "Training ended without a result: its process is gone. The last lines are below."
    panel.show_outcome(TrainingOutcome("crashed", text, log_tail=log))
    window.notices.tell("error", text)
    pause(100)
    shoot(window, out / f"train-failed-{tag}.png")
    window.notices.dismiss()


def take_dialogs(window: MainWindow, session: Session, out: Path, name: str) -> None:
    """Take the picker, the range, the keys, and an empty project."""
    studio = window.studio
    predicted = studio.annotations.predictions
    if predicted is not None:
        studio.state.select(PredictionSelection(predicted.predictions[-1].span))
    studio.annotations.edit_label()
    pause(200)
    for picker in window.findChildren(ClassPicker):
        shoot(picker, out / f"picker-{name}.png")
        picker.columns[1].field.setText("bla")
        pause(50)
        shoot(picker, out / f"picker-new-{name}.png")
        picker.reject()
    pause(100)
    frames = studio.state.frames
    if frames is not None:
        studio.state.select(None)
        studio.state.mark(frames.span_of_frames(len(frames) - 90, len(frames) - 40))
        studio.playback.show_frame(len(frames) - 20)
    window.notices.tell("info", "Exported 74 rows to /home/ada/videos/tabletop.csv.")
    window.status.show_work(Work.PREDICTING, "Predicting", share=0.41, seconds_left=63.0)
    pause(200)
    shoot(window, out / f"range-{name}.png")
    window.notices.dismiss()
    window.status.end_work(Work.PREDICTING)
    sheet = CheatSheet(
        window.actions_,
        window.studio.session.project.schema if window.studio.session else None,
        window,
    )
    sheet.show()
    pause(100)
    shoot(sheet, out / f"keys-{name}.png")
    sheet.close()


def make_window(preferences: Preferences, theme: Theme, schema: LabelSchema) -> MainWindow:
    """Return a window with a scripted model."""
    real = make_services(preferences, UserMessages())
    real.inference.close()
    predictor = LookingPredictor(schema.heads, clip_spec=SMALL_CLIPS, model_id="scripted")
    info = replace(
        fake_model_info(),
        name="cast-tiny",
        heads=schema.heads,
        knows="Knows rendered table-top scenes only: 11 verbs and 13 nouns. For videos of your "
        "own, label a few segments and retrain.",
        is_bundled=True,
    )
    services = Services(
        preferences=preferences,
        messages=real.messages,
        player=real.player,
        inference=InferenceService(fake_factory(predictor), describe=lambda _folder: info),
        runner=real.runner,
        list_models=lambda: (info,),
        prepare_sample=real.prepare_sample,
    )
    return MainWindow(Studio(services), theme)


def long_schema() -> LabelSchema:
    """Return the renderer's classes, and one very long name for each head."""
    from training.synthetic.vocabulary import KNOWN_NOUNS, KNOWN_VERBS

    names = {
        "verb": (*KNOWN_VERBS, LONG_NAMES[0]),
        "noun": (*(noun.name for noun in KNOWN_NOUNS), LONG_NAMES[1]),
    }
    return LabelSchema(
        tuple(
            LabelHead(
                head,
                tuple(LabelClass(i, text, color_for(i)) for i, text in enumerate(texts)),
            )
            for head, texts in names.items()
        )
    )


def crowded_session(preferences: Preferences, schema: LabelSchema, videos: Path) -> Session:
    """Return a project of three videos with 60 segments, two thirds of them labelled."""
    from training.synthetic.video import Action, write_video
    from training.synthetic.vocabulary import KNOWN_NOUNS, KNOWN_VERBS

    videos.mkdir(parents=True, exist_ok=True)
    folder = preferences.folders.data / "Tabletop experiments.cast"
    folder.parent.mkdir(parents=True, exist_ok=True)
    session = Session.create(folder, name="Tabletop experiments", schema=schema, annotator="ada")
    rng = np.random.default_rng(1)
    names = ("kitchen_table_01.mp4", "2024-11-19_GoPro_workshop_left-camera_take-003.mp4", "b.mp4")
    for number, name in enumerate(names):
        actions = [
            Action(
                KNOWN_VERBS[rng.integers(len(KNOWN_VERBS))],
                KNOWN_NOUNS[rng.integers(len(KNOWN_NOUNS))],
            )
            for _ in range(N_ACTIONS)
        ]
        path, truth = videos / name, videos / f"{name}.npy"
        if not truth.exists():
            found = write_video(path, actions, seed=number)
            np.save(truth, [(s.start_frame, s.stop_frame) for s in found.segments])
        scanned = scan_video(path, video_id=f"v{number}")
        session.add_video(scanned.video, scanned.index)
        spans = np.load(truth).tolist()
        if number < 2:
            label(session, f"v{number}", spans[: 16 - 6 * number], scanned.index, rng)
    return session


def label(
    session: Session,
    video_id: str,
    spans: list[tuple[int, int]],
    index: FrameIndex,
    rng: np.random.Generator,
) -> None:
    """Label spans of a video: all origins, some with the long names, some with a note."""
    track = session.label_track(video_id)
    if track is None:
        return
    heads = session.project.schema.heads
    segments = []
    for number, (first, stop) in enumerate(spans):
        if number % 7 == 3:
            continue
        labels = {
            head.name: head.classes[-1 if number == 4 else rng.integers(len(head.classes))].id
            for head in heads
        }
        origin = (Origin.MANUAL, Origin.ACCEPTED, Origin.CORRECTED)[number % 3]
        note = "The hand is in the way for a moment." if number == 4 else ""
        segments.append(
            Segment(
                f"{video_id}-{number}", index.span_of_frames(first, stop), labels, origin, note=note
            )
        )
    session.do(AddSegments(track.id, tuple(segments)))


def guesses(session: Session, video_id: str, schema: LabelSchema) -> PredictionTrack:
    """Return what a middling model would say about a video."""
    rng = np.random.default_rng(5)
    video = session.project.video(video_id)
    start, end = video.start_pts or 0, video.end_pts or 1
    edges = np.linspace(start, end, 26).astype(int).tolist()
    found = []
    for first, stop in pairwise(edges):
        scores = {}
        for head in schema.heads:
            row = rng.dirichlet(np.full(len(head.classes), 0.3))
            row[rng.integers(len(row))] += rng.random() * 3
            scores[head.name] = (row / row.sum()).astype(np.float32)
        found.append(Prediction(TimeSpan(first, stop), scores))
    return PredictionTrack(video_id, "scripted", schema.heads, tuple(found))


def shoot(widget: QWidget, path: Path) -> None:
    """Save what a widget looks like."""
    widget.grab().save(str(path))


if __name__ == "__main__":
    raise SystemExit(main())
