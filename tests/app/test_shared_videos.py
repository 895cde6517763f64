"""Real videos of the collection beside the checkout: they open, scrub and predict."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cast_studio.app.inference import InferenceService
from cast_studio.app.playback import Player
from cast_studio.app.videos import scan_video
from cast_studio.core.predictions import PredictionTrack
from tests.app.conftest import WAIT_MS
from tests.fakes import fake_factory, fake_model_info
from tests.videos import shared_video

NAMES = [
    "arm_wrestling.mp4",
    "av1_video.mkv",
    "bt709_full_range.mp4",
    "flipping_a_pancake.mkv",
    "h264_10bits.mp4",
    "h265_video.mp4",
    "mmaction_test.avi",
    "nasa_13013.mp4",
    "nasa_13013_rotated.mp4",
    "rotated_90.mov",
    "testsrc2_mpeg4.avi",
    "testsrc2_vp9.webm",
]


@pytest.fixture(params=NAMES)
def real_video(request: pytest.FixtureRequest) -> Path:
    return shared_video(request.param)


def test_it_opens_and_scrubs(qtbot: QtBot, player: Player, real_video: Path) -> None:
    found = scan_video(real_video, video_id="real")
    last = len(found.index) - 1
    sizes: list[tuple[int, int]] = []
    player.frame_shown.connect(lambda _, image: sizes.append((image.width(), image.height())))
    with qtbot.waitSignals([player.opened, player.frame_shown], timeout=WAIT_MS):
        player.set_video(real_video)
    assert player.frame_index == found.index
    for wanted in (last, 0, last // 2):
        player.show(wanted)
        qtbot.waitUntil(lambda wanted=wanted: player.shown == wanted, timeout=WAIT_MS)
    assert set(sizes) == {(found.video.width, found.video.height)}


def test_it_is_predicted_from_its_first_frame_to_its_end(qtbot: QtBot, real_video: Path) -> None:
    service = InferenceService(fake_factory(), describe=fake_model_info)
    service.load(Path("fake-model"))
    tracks: list[PredictionTrack] = []
    service.predicted.connect(lambda _, track: tracks.append(track))
    try:
        with qtbot.waitSignal(service.finished, timeout=WAIT_MS):
            service.predict_video("real", real_video)
    finally:
        assert service.close(WAIT_MS)
    index = scan_video(real_video, video_id="real").index
    assert tracks[0].predictions[0].span.start == index.span.start
    assert tracks[0].predictions[-1].span.end == index.span.end
