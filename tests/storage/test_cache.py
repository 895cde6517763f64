from __future__ import annotations

import logging
import random
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cast_studio.core.labels import LabelHead
from cast_studio.core.predictions import Prediction, PredictionTrack
from cast_studio.core.timing import TimeSpan
from cast_studio.errors import StoreError
from cast_studio.storage import cache
from tests.storage.examples import NOUN, VERB, full_disk

HEADS = (VERB, NOUN)


def make_track(
    *, video_id: str = "v1", model_id: str = "m1", heads: tuple[LabelHead, ...] = HEADS
) -> PredictionTrack:
    """Return a track with three predictions whose scores are no round numbers."""
    numbers = np.random.default_rng(5)
    predictions = tuple(
        Prediction(
            TimeSpan(start, start + 2**40),
            {head.name: numbers.random(len(head.classes), dtype=np.float32) for head in heads},
        )
        for start in (-5, 0, 2**41)
    )
    return PredictionTrack(video_id, model_id, heads, predictions)


def kept_track(
    folder: Path, model_id: str, video_id: str, *, expected: Mapping[str, str] | None = None
) -> PredictionTrack | None:
    found = cache.load_with_provenance(folder, model_id, video_id, expected=expected)
    return None if found is None else found.track


def test_what_was_kept_comes_back_exactly(tmp_path: Path) -> None:
    track = make_track()
    path = cache.save_predictions(tmp_path, track, provenance={"model_sha256": "00ff"})
    assert path == tmp_path / "predictions" / "m1" / "v1.npz"
    assert kept_track(tmp_path, "m1", "v1") == track
    found = cache.load_with_provenance(tmp_path, "m1", "v1")
    assert found is not None
    assert found.provenance == {"model_sha256": "00ff"}


@pytest.mark.parametrize("heads", [HEADS, ()])
def test_a_video_without_predictions_is_kept_too(
    tmp_path: Path, heads: tuple[LabelHead, ...]
) -> None:
    track = PredictionTrack("v1", "m1", heads, ())
    cache.save_predictions(tmp_path, track, provenance={})
    assert kept_track(tmp_path, "m1", "v1") == track


def test_nothing_kept_is_nothing_found(tmp_path: Path) -> None:
    assert kept_track(tmp_path, "m1", "v1") is None


def test_newer_predictions_take_the_place_of_older_ones(tmp_path: Path) -> None:
    cache.save_predictions(tmp_path, make_track(), provenance={"date": "1"})
    newer = PredictionTrack("v1", "m1", HEADS, make_track().predictions[:1])
    cache.save_predictions(tmp_path, newer, provenance={"date": "2"})
    assert kept_track(tmp_path, "m1", "v1") == newer


def test_predictions_made_from_something_else_are_removed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = cache.save_predictions(tmp_path, make_track(), provenance={"video": "old"})
    with caplog.at_level(logging.WARNING):
        found = kept_track(tmp_path, "m1", "v1", expected={"video": "new"})
    assert found is None
    assert not path.exists()
    assert "their video is 'old', not 'new'" in caplog.text


def test_a_file_of_another_video_is_removed(tmp_path: Path) -> None:
    path = cache.save_predictions(tmp_path, make_track(), provenance={})
    wrong = path.with_name("v2.npz")
    path.rename(wrong)
    assert kept_track(tmp_path, "m1", "v2") is None
    assert not wrong.exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00", bytes(5_000)])
def test_a_file_that_is_no_archive_is_removed(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = cache.save_predictions(tmp_path, make_track(), provenance={})
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert kept_track(tmp_path, "m1", "v1") is None
    assert not path.exists()
    assert str(path) in caplog.text


def test_a_single_array_is_removed(tmp_path: Path) -> None:
    path = cache.save_predictions(tmp_path, make_track(), provenance={})
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    assert kept_track(tmp_path, "m1", "v1") is None
    assert not path.exists()


def test_an_archive_that_lacks_an_array_is_removed(tmp_path: Path) -> None:
    path = cache.save_predictions(tmp_path, make_track(), provenance={})
    with np.load(path) as arrays:
        kept = {name: arrays[name] for name in arrays.files if name != "scores_1"}
    np.savez(path, allow_pickle=False, **kept)
    assert kept_track(tmp_path, "m1", "v1") is None
    assert not path.exists()


def test_any_damage_counts_as_absent(tmp_path: Path) -> None:
    track = make_track()
    path = cache.save_predictions(tmp_path, track, provenance={})
    whole = path.read_bytes()
    noise = random.Random(11)
    for _ in range(300):
        spoiled = bytearray(whole)
        start = noise.randrange(len(whole))
        if noise.random() < 0.5:
            del spoiled[start:]
        else:
            spoiled[start : start + 8] = noise.randbytes(noise.randrange(1, 12))
        path.write_bytes(spoiled)
        assert kept_track(tmp_path, "m1", "v1") in (None, track)


def test_the_archive_is_compressed(tmp_path: Path) -> None:
    path = cache.save_predictions(tmp_path, make_track(), provenance={})
    with zipfile.ZipFile(path) as archive:
        assert {found.compress_type for found in archive.infolist()} == {zipfile.ZIP_DEFLATED}


def test_kept_predictions_can_be_removed(tmp_path: Path) -> None:
    for video_id in ("v1", "v2", "v3"):
        cache.save_predictions(tmp_path, make_track(video_id=video_id), provenance={})
    cache.save_predictions(tmp_path, make_track(model_id="m2"), provenance={})
    cache.remove(tmp_path, "m1", "v1")
    cache.remove(tmp_path, "m1", "never kept")
    assert kept_track(tmp_path, "m1", "v1") is None
    assert kept_track(tmp_path, "m1", "v2") is not None
    cache.remove(tmp_path, "m1")
    assert kept_track(tmp_path, "m1", "v3") is None
    assert kept_track(tmp_path, "m2", "v1") is not None


@pytest.mark.skipif(sys.platform == "win32", reason="needs a file size limit")
def test_a_full_disk_keeps_the_older_predictions(tmp_path: Path) -> None:
    path = cache.save_predictions(tmp_path, make_track(), provenance={})
    with full_disk(100), pytest.raises(StoreError, match="computed again next time"):
        cache.save_predictions(tmp_path, make_track(), provenance={})
    assert kept_track(tmp_path, "m1", "v1") == make_track()
    assert list(path.parent.iterdir()) == [path]


@given(
    names=st.lists(
        st.text(st.characters(exclude_categories=())) | st.sampled_from(["con", "NUL.a", "A", "a"]),
        min_size=2,
        max_size=2,
        unique=True,
    )
)
def test_every_id_has_a_file_name_of_its_own(names: list[str]) -> None:
    folder = Path("project.cast")
    first, second = (cache.predictions_path(folder, "m", name) for name in names)
    assert str(first).lower() != str(second).lower()
    for path in (first, second):
        assert path.parent == folder / "predictions" / "m"
        assert path.name.isascii()
        assert not set(path.name) & set('\\/:*?"<>|')
        assert path.stem.lower() not in {"con", "nul"}
        assert len(path.name) <= 85
