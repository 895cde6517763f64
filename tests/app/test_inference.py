"""The inference service with real videos and a predictor that tells colors apart."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from cast_studio.app import inference_worker
from cast_studio.app.inference import InferenceService
from cast_studio.core.clips import ClipSpec
from cast_studio.core.predictions import AttentionMap, ClipScores, PredictionTrack
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.core.views import DENSE, UNIFORM, ViewScheme
from cast_studio.errors import ModelError
from cast_studio.media.clip_reader import ClipReader
from cast_studio.media.decoder import VideoDecoder
from cast_studio.model.catalog import ModelInfo
from tests import videos
from tests.app.conftest import WAIT_MS
from tests.fakes import (
    FAKE_LAYERS,
    SCHEMA,
    SMALL_CLIPS,
    FakePredictor,
    fake_factory,
    fake_model_info,
)

FOLDER = Path("fake-model")


class Answers:
    """What came back, by request."""

    def __init__(self, service: InferenceService) -> None:
        self.tracks: dict[int, PredictionTrack] = {}
        self.maps: dict[int, tuple[AttentionMap, ...]] = {}
        self.progress: dict[int, list[tuple[int, int]]] = {}
        self.ends: list[tuple[int, str]] = []
        self.sentences: dict[int, str] = {}
        self.warnings: list[tuple[int, str]] = []
        service.warned.connect(lambda request, text: self.warnings.append((request, text)))
        service.predicted.connect(self.tracks.__setitem__)
        service.attention_ready.connect(self.maps.__setitem__)
        service.progressed.connect(self._on_progress)
        service.finished.connect(lambda request: self.ends.append((request, "finished")))
        service.cancelled.connect(lambda request: self.ends.append((request, "cancelled")))
        service.failed.connect(self._on_failed)

    def _on_progress(self, request: int, done: int, total: int) -> None:
        self.progress.setdefault(request, []).append((done, total))

    def _on_failed(self, request: int, sentence: str) -> None:
        self.ends.append((request, "failed"))
        self.sentences[request] = sentence

    def end_of(self, request: int) -> str:
        ends = [end for found, end in self.ends if found == request]
        assert len(ends) <= 1, "a request has exactly one end"
        return ends[0] if ends else ""


class Model:
    """A service with a fake predictor, and what it answered."""

    def __init__(self, predictor: FakePredictor) -> None:
        self.predictor = predictor
        self.gate = predictor.gate or threading.Semaphore()
        self.service = InferenceService(
            fake_factory(predictor), describe=lambda folder: fake_model_info(folder)
        )
        self.answers = Answers(self.service)

    def wait(self, qtbot: QtBot, request: int) -> str:
        qtbot.waitUntil(lambda: bool(self.answers.end_of(request)), timeout=WAIT_MS)
        return self.answers.end_of(request)


@pytest.fixture
def index(color_video: Path) -> FrameIndex:
    with VideoDecoder(color_video) as decoder:
        return decoder.index


@pytest.fixture(scope="module")
def damaged_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """240 frames at 24 frames a second; what lies from 3 to 8 seconds cannot be decoded."""
    path = tmp_path_factory.mktemp("videos") / "damaged.mkv"
    return videos.with_damaged_frames(path, damaged=range(72, 192), count=240)


@pytest.fixture
def model(qapp: object) -> Iterator[Model]:
    made = Model(FakePredictor())
    made.service.load(FOLDER)
    yield made
    assert made.service.close(WAIT_MS)


@pytest.fixture
def gated(qapp: object) -> Iterator[Model]:
    """A model that needs leave for every batch."""
    made = Model(FakePredictor(gate=threading.Semaphore(0)))
    made.service.load(FOLDER)
    yield made
    made.gate.release(10_000)
    assert made.service.close(WAIT_MS)


def test_a_model_is_loaded_on_its_own_thread(qtbot: QtBot) -> None:
    threads: list[int] = []

    def factory(model_folder: Path, adapter_folder: Path | None) -> FakePredictor:
        threads.append(threading.get_ident())
        assert (model_folder, adapter_folder) == (FOLDER, Path("adapter"))
        return FakePredictor(SCHEMA.heads[:1], model_id="trained", runs_on="a GPU · bfloat16")

    service = InferenceService(factory, describe=fake_model_info)
    assert not service.is_loading
    with qtbot.waitSignal(service.model_loaded, timeout=WAIT_MS) as loaded:
        service.load(FOLDER, Path("adapter"))
        assert service.is_loading
        assert (service.model_id, service.runs_on) == ("", "")
    assert loaded.args is not None
    info = loaded.args[0]
    assert isinstance(info, ModelInfo)
    assert info.heads == SCHEMA.heads[:1]
    assert (service.model_id, service.heads) == ("trained", SCHEMA.heads[:1])
    assert service.clip_spec == SMALL_CLIPS
    assert service.runs_on == "a GPU · bfloat16"
    assert threads != [threading.get_ident()]
    assert service.close(WAIT_MS)


def test_a_video_is_cut_into_what_happens_in_it(
    qtbot: QtBot, model: Model, color_video: Path, index: FrameIndex
) -> None:
    request = model.service.predict_video("colors", color_video)
    assert model.wait(qtbot, request) == "finished"
    track = model.answers.tracks[request]
    assert (track.video_id, track.model_id, track.heads) == ("colors", "fake-model", SCHEMA.heads)
    assert [found.best("verb")[0] for found in track.predictions] == [0, 1, 2]
    assert track.predictions[0].span.start == index.span.start
    assert track.predictions[-1].span.end == index.span.end


def test_the_whole_video_is_read_in_batches_on_the_models_thread(
    qtbot: QtBot, model: Model, color_video: Path, index: FrameIndex
) -> None:
    request = model.service.predict_video("colors", color_video)
    model.wait(qtbot, request)
    assert sum(model.predictor.batches) == len(SMALL_CLIPS.windows(index))
    assert model.predictor.threads.isdisjoint({threading.get_ident()})
    assert model.answers.progress[request][-1] == (11, 11)


def test_large_videos_take_several_batches(
    qtbot: QtBot, color_video: Path, index: FrameIndex
) -> None:
    spec = ClipSpec(frames=2, size=16, window_seconds=0.5, hop_seconds=0.1)
    model = Model(FakePredictor(clip_spec=spec))
    model.service.load(FOLDER)
    request = model.service.predict_video("colors", color_video)
    assert model.wait(qtbot, request) == "finished"
    assert len(model.predictor.batches) == -(-len(spec.windows(index)) // 16)
    assert max(model.predictor.batches) == 16
    assert model.service.close(WAIT_MS)


def test_spans_are_answered_one_for_each_by_time(
    qtbot: QtBot, model: Model, color_video: Path, index: FrameIndex
) -> None:
    blue, red = index.span_of_frames(100, 140), index.span_of_frames(0, 40)
    request = model.service.predict_spans("colors", color_video, [blue, red])
    assert model.wait(qtbot, request) == "finished"
    found = model.answers.tracks[request].predictions
    assert [prediction.span for prediction in found] == [red, blue]
    assert [prediction.best("verb")[0] for prediction in found] == [0, 2]


def test_no_spans_give_no_predictions(qtbot: QtBot, model: Model, color_video: Path) -> None:
    request = model.service.predict_spans("colors", color_video, [])
    assert model.wait(qtbot, request) == "finished"
    assert model.answers.tracks[request].predictions == ()


@pytest.mark.parametrize(
    ("scheme", "verb"),
    [
        # Its chunks show red, red, green, blue and red, green, green, blue: red wins one, green the other.
        (UNIFORM, [0.475, 0.475, 0.05]),
        # Its chunks are short enough for one color each: red, red, green, blue, blue.
        (DENSE, [0.39, 0.22, 0.39]),
    ],
    ids=lambda value: value.name if isinstance(value, ViewScheme) else "",
)
def test_views_of_a_video_are_merged_to_one_prediction(
    qtbot: QtBot,
    model: Model,
    color_video: Path,
    index: FrameIndex,
    scheme: ViewScheme,
    verb: list[float],
) -> None:
    request = model.service.predict_views("colors", color_video, scheme)
    assert model.wait(qtbot, request) == "finished"
    track = model.answers.tracks[request]
    assert (track.video_id, track.model_id, track.heads) == ("colors", "fake-model", SCHEMA.heads)
    (found,) = track.predictions
    assert found.span == index.span
    assert found.scores["verb"] == pytest.approx(verb)
    # A chunk at a time.
    assert model.predictor.batches == [3] * scheme.chunks
    assert model.answers.progress[request][-1] == (len(scheme.views), len(scheme.views))


def test_questions_are_about_the_stream_they_name(qtbot: QtBot, tmp_path: Path) -> None:
    seen: list[NDArray[np.uint8]] = []

    class Watched(FakePredictor):
        def predict(self, clips: NDArray[np.uint8], *, attention: bool = False) -> ClipScores:
            seen.extend(clips)
            return super().predict(clips, attention=attention)

    path = videos.two_streams(tmp_path / "two.mp4")
    with ClipReader(path, SMALL_CLIPS, stream=1) as reader:
        whole, clip = reader.index.span, reader.read(reader.index.span)
    model = Model(Watched())
    model.service.load(FOLDER)
    spans = model.service.predict_spans("two", path, [whole], stream=1)
    assert model.wait(qtbot, spans) == "finished"
    assert np.array_equal(seen[0], clip)
    views = model.service.predict_views("two", path, UNIFORM, stream=1)
    best = model.service.predict_views("two", path, UNIFORM)
    assert [model.wait(qtbot, one) for one in (views, best)] == ["finished", "finished"]
    # Each stream has a clock of its own.
    assert model.answers.tracks[views].predictions[0].span == whole
    assert model.answers.tracks[best].predictions[0].span != whole
    assert model.service.close(WAIT_MS)


def test_views_that_cannot_be_read_do_not_count_and_are_told(
    qtbot: QtBot, model: Model, damaged_video: Path
) -> None:
    request = model.service.predict_views("damaged", damaged_video, DENSE)
    assert model.wait(qtbot, request) == "finished"
    assert sum(model.predictor.batches) == 9
    ((warned, sentence),) = model.answers.warnings
    assert warned == request
    assert sentence.startswith("“damaged.mkv” is damaged: 6 of its 15 views cannot be read")
    (found,) = model.answers.tracks[request].predictions
    assert found.scores["verb"].sum() == pytest.approx(1)


def test_views_of_a_video_with_one_frame_that_can_be_read(
    qtbot: QtBot, model: Model, tmp_path: Path
) -> None:
    path = videos.with_damaged_frames(tmp_path / "lost.mkv", damaged=range(0, 239), count=240)
    request = model.service.predict_views("lost", path, UNIFORM)
    assert model.wait(qtbot, request) == "finished"
    assert len(model.answers.tracks[request].predictions) == 1


def test_attention_belongs_to_the_second_frame_of_each_tubelet(
    qtbot: QtBot, model: Model, color_video: Path, index: FrameIndex
) -> None:
    span = index.span_of_frames(0, 4)
    request = model.service.attention("colors", color_video, span)
    assert model.wait(qtbot, request) == "finished"
    maps = model.answers.maps[request]
    assert [(found.direction, found.layer) for found in maps] == [
        ("s2t", layer) for layer in FAKE_LAYERS
    ]
    assert maps[0].grid.shape == (2, 4, 4)
    assert maps[0].frame_pts == (index.pts_of(1), index.pts_of(3))


def test_what_somebody_looks_at_goes_before_a_whole_video(
    qtbot: QtBot, gated: Model, color_video: Path, index: FrameIndex
) -> None:
    first = gated.service.predict_video("colors", color_video)
    long = gated.service.predict_video("colors", color_video)
    urgent = gated.service.attention("colors", color_video, index.span)
    gated.gate.release(10_000)
    for request in (first, long, urgent):
        assert gated.wait(qtbot, request) == "finished"
    order = [request for request, _ in gated.answers.ends]
    assert order.index(urgent) < order.index(long)


def test_a_cancelled_request_ends_before_its_next_batch(
    qtbot: QtBot, gated: Model, color_video: Path
) -> None:
    request = gated.service.predict_video("colors", color_video)
    qtbot.waitUntil(lambda: request in gated.answers.progress, timeout=WAIT_MS)
    gated.service.cancel(request)
    gated.gate.release(1)
    assert gated.wait(qtbot, request) == "cancelled"
    assert request not in gated.answers.tracks
    assert gated.service.running == ()


def test_all_requests_can_be_cancelled_at_once(
    qtbot: QtBot, gated: Model, color_video: Path
) -> None:
    requests = [gated.service.predict_video("colors", color_video) for _ in range(3)]
    gated.service.cancel_all()
    gated.gate.release(10_000)
    assert [gated.wait(qtbot, request) for request in requests] == ["cancelled"] * 3


def test_cancelling_what_has_ended_changes_nothing(
    qtbot: QtBot, model: Model, color_video: Path
) -> None:
    request = model.service.predict_video("colors", color_video)
    model.wait(qtbot, request)
    model.service.cancel(request)
    model.service.cancel(12_345)
    assert model.answers.end_of(request) == "finished"


def test_a_file_that_is_no_video_fails_with_its_name(
    qtbot: QtBot, model: Model, no_video: Path, color_video: Path
) -> None:
    request = model.service.predict_video("notes", no_video)
    assert model.wait(qtbot, request) == "failed"
    assert "notes.mp4" in model.answers.sentences[request]
    assert model.wait(qtbot, model.service.predict_video("colors", color_video)) == "finished"


def test_a_video_with_a_damaged_part_is_predicted_all_the_same(
    qtbot: QtBot, model: Model, damaged_video: Path
) -> None:
    request = model.service.predict_video("damaged", damaged_video)

    assert model.wait(qtbot, request) == "finished"

    with VideoDecoder(damaged_video) as decoder:
        whole = decoder.index.span
    spans = [found.span for found in model.answers.tracks[request].predictions]
    assert (spans[0].start, spans[-1].end) == (whole.start, whole.end)
    assert all(a.end == b.start for a, b in pairwise(spans))
    ((warned, sentence),) = model.answers.warnings
    assert warned == request
    assert "“damaged.mkv” is damaged and cannot be read from 3.0 to 8.0 seconds" in sentence
    done, total = model.answers.progress[request][-1]
    assert done == total


def test_spans_that_cannot_be_read_are_left_out_and_told(
    qtbot: QtBot, model: Model, damaged_video: Path
) -> None:
    with VideoDecoder(damaged_video) as decoder:
        good = decoder.index.span_of_frames(10, 60)
        bad = decoder.index.span_of_frames(100, 148)
    both = model.service.predict_spans("damaged", damaged_video, [bad, good])
    assert model.wait(qtbot, both) == "finished"
    assert [found.span for found in model.answers.tracks[both].predictions] == [good]
    assert [request for request, _ in model.answers.warnings] == [both]

    none_left = model.service.predict_spans("damaged", damaged_video, [bad])
    assert model.wait(qtbot, none_left) == "failed"
    assert "“damaged.mkv” is damaged" in model.answers.sentences[none_left]


def test_a_video_of_which_no_window_can_be_read_fails(qtbot: QtBot, tmp_path: Path) -> None:
    whole = ClipSpec(frames=4, size=16, window_seconds=60.0)
    # Just those frames that its one window is made of.
    path = videos.with_damaged_frames(tmp_path / "lost.mkv", damaged={30, 90, 150, 210}, count=240)
    model = Model(FakePredictor(clip_spec=whole))
    model.service.load(FOLDER)
    request = model.service.predict_video("lost", path)
    assert model.wait(qtbot, request) == "failed"
    assert "“lost.mkv” is damaged" in model.answers.sentences[request]
    assert model.service.close(WAIT_MS)


def test_a_models_error_is_told_in_its_words(qtbot: QtBot, color_video: Path) -> None:
    model = Model(FakePredictor(error=ModelError("The model is too large; close something.")))
    model.service.load(FOLDER)
    request = model.service.predict_video("colors", color_video)
    assert model.wait(qtbot, request) == "failed"
    assert model.answers.sentences[request] == "The model is too large; close something."
    assert model.service.close(WAIT_MS)


def test_a_bug_in_the_model_ends_the_request_only(
    qtbot: QtBot, color_video: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = Model(FakePredictor(error=ZeroDivisionError("by zero")))
    model.service.load(FOLDER)
    for _ in range(2):
        request = model.service.predict_video("colors", color_video)
        assert model.wait(qtbot, request) == "failed"
        assert "by zero" in model.answers.sentences[request]
    assert "ZeroDivisionError" in caplog.text
    assert model.service.close(WAIT_MS)


def test_without_a_model_requests_fail_and_say_what_to_do(qtbot: QtBot, color_video: Path) -> None:
    model = Model(FakePredictor())
    request = model.service.predict_video("colors", color_video)
    assert model.wait(qtbot, request) == "failed"
    assert "choose a model first" in model.answers.sentences[request]
    assert model.service.close(WAIT_MS)


def test_requests_may_be_made_while_the_model_loads(qtbot: QtBot, color_video: Path) -> None:
    leave = threading.Event()

    def factory(model_folder: Path, adapter_folder: Path | None) -> FakePredictor:
        leave.wait()
        return FakePredictor()

    service = InferenceService(factory, describe=fake_model_info)
    answers = Answers(service)
    service.load(FOLDER)
    request = service.predict_video("colors", color_video)
    leave.set()
    qtbot.waitUntil(lambda: answers.end_of(request) == "finished", timeout=WAIT_MS)
    assert service.close(WAIT_MS)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ModelError("The weights are missing; fetch them again."), "The weights are missing"),
        (ImportError("no torch here"), "no torch here"),
    ],
)
def test_a_model_that_cannot_be_loaded_says_why(
    qtbot: QtBot, color_video: Path, error: Exception, told: str
) -> None:
    def factory(model_folder: Path, adapter_folder: Path | None) -> FakePredictor:
        raise error

    service = InferenceService(factory, describe=fake_model_info)
    answers = Answers(service)
    with qtbot.waitSignal(service.model_failed, timeout=WAIT_MS) as failed:
        service.load(FOLDER)
    assert failed.args is not None
    assert told in failed.args[0]
    assert not service.is_loading
    request = service.predict_video("colors", color_video)
    qtbot.waitUntil(lambda: answers.end_of(request) == "failed", timeout=WAIT_MS)
    assert told in answers.sentences[request]
    assert service.close(WAIT_MS)


def test_a_real_folder_without_a_model_is_named(qtbot: QtBot, tmp_path: Path) -> None:
    service = InferenceService()
    with qtbot.waitSignal(service.model_failed, timeout=WAIT_MS) as failed:
        service.load(tmp_path)
    assert failed.args is not None
    assert str(tmp_path) in failed.args[0]
    assert service.close(WAIT_MS)


def test_only_the_last_of_several_loads_is_reported(qtbot: QtBot) -> None:
    entered, leave = threading.Semaphore(0), threading.Semaphore(0)

    def factory(model_folder: Path, adapter_folder: Path | None) -> FakePredictor:
        entered.release()
        leave.acquire()
        return FakePredictor(model_id=model_folder.name)

    service = InferenceService(factory, describe=fake_model_info)
    loaded: list[ModelInfo] = []
    service.model_loaded.connect(loaded.append)
    service.load(Path("a"))
    assert entered.acquire(timeout=WAIT_MS / 1000)
    service.load(Path("b"))
    service.load(Path("c"))
    leave.release(3)
    qtbot.waitUntil(lambda: service.model_id == "c", timeout=WAIT_MS)
    assert [info.folder for info in loaded] == [Path("c")]
    assert entered.acquire(blocking=False)
    assert not entered.acquire(blocking=False)
    assert service.close(WAIT_MS)


def test_unloading_cancels_and_says_why_from_then_on(
    qtbot: QtBot, gated: Model, color_video: Path
) -> None:
    qtbot.waitUntil(lambda: gated.service.model is not None, timeout=WAIT_MS)
    running = gated.service.predict_video("colors", color_video)
    with qtbot.waitSignal(gated.service.model_unloaded, timeout=WAIT_MS):
        gated.service.unload("The model is being trained; wait until that is done.")
    gated.gate.release(10_000)
    assert gated.wait(qtbot, running) == "cancelled"
    later = gated.service.predict_video("colors", color_video)
    assert gated.wait(qtbot, later) == "failed"
    assert "being trained" in gated.answers.sentences[later]
    assert gated.service.model is None


def test_loading_another_model_cancels_what_runs_on_the_first(
    qtbot: QtBot, gated: Model, color_video: Path
) -> None:
    running = gated.service.predict_video("colors", color_video)
    gated.service.load(FOLDER)
    fresh = gated.service.predict_video("colors", color_video)
    gated.gate.release(10_000)
    assert gated.wait(qtbot, running) == "cancelled"
    assert gated.wait(qtbot, fresh) == "finished"


def test_closing_in_the_middle_of_a_batch_ends_the_thread(qtbot: QtBot, color_video: Path) -> None:
    gate = threading.Semaphore(0)
    model = Model(FakePredictor(gate=gate))
    model.service.load(FOLDER)
    request = model.service.predict_video("colors", color_video)
    qtbot.waitUntil(lambda: request in model.answers.progress, timeout=WAIT_MS)
    assert not model.service.close(timeout_ms=1)
    gate.release(10_000)
    assert model.service.close(WAIT_MS)
    assert request not in model.answers.tracks


def test_no_more_than_a_few_videos_stay_open(
    qtbot: QtBot, model: Model, tmp_path: Path, other_video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    closed: list[str] = []

    class CountingReader(inference_worker.ClipReader):
        def __init__(self, path: Path, spec: ClipSpec, *, stream: int | None = None) -> None:
            super().__init__(path, spec, stream=stream)
            self.path = path
            opened.append(path.name)

        def close(self) -> None:
            closed.append(self.path.name)
            super().close()

    monkeypatch.setattr(inference_worker, "ClipReader", CountingReader)
    for name in "abcd":
        copy = tmp_path / f"{name}.mp4"
        copy.write_bytes(other_video.read_bytes())
        span = TimeSpan(0, 100)
        request = model.service.predict_spans(name, copy, [span])
        assert model.wait(qtbot, request) == "finished"
    assert opened == ["a.mp4", "b.mp4", "c.mp4", "d.mp4"]
    assert closed == ["a.mp4", "b.mp4"]
