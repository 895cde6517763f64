"""Videos of which a part cannot be decoded, in the window."""

from __future__ import annotations

from pathlib import Path

from tests import videos
from tests.ui.conftest import Desk


def test_a_damaged_part_is_told_once_and_the_rest_predicted(desk: Desk, tmp_path: Path) -> None:
    path = videos.with_damaged_frames(tmp_path / "damaged.mkv", damaged=range(72, 192), count=240)
    desk.open_videos(path)

    desk.predict()

    predictions = desk.studio.annotations.predictions
    assert predictions is not None
    assert predictions.predictions
    told = [(level, text) for level, text in desk.told.told if "damaged.mkv" in text]
    assert [level for level, _ in told] == ["warning"]
    assert "from 3.0 to 8.0 seconds" in told[0][1]
