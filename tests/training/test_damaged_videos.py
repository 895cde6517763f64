"""Runs whose videos cannot be read to the end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cast_studio.core.training_protocol import Failed, Finished, Message, TrainingSample
from cast_studio.media.decoder import VideoDecoder
from tests.training.examples import make_job, sample
from tests.training.test_run import output_given_back, run
from tests.videos import with_damaged_frames


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """48 frames; those from 10 to 29 cannot be decoded."""
    return with_damaged_frames(tmp_path / "damaged.mkv", damaged=range(10, 30))


def lost_sample(damaged: Path) -> TrainingSample:
    with VideoDecoder(damaged) as video:
        span = video.index.span_of_frames(12, 28)
    return sample(damaged, span.start, span.end, verb=1, noun=0)


def test_a_run_learns_from_what_can_be_read_and_names_the_rest(
    tmp_path: Path, damaged: Path
) -> None:
    job = make_job(tmp_path, epochs=1)
    lost = lost_sample(damaged)
    job = replace(job, samples=(lost, *job.samples), validation=(lost,))

    with output_given_back():
        code, events = run(job)

    assert code == 0
    assert isinstance(events[-1], Finished)
    told = [event.text for event in events if isinstance(event, Message)]
    assert [text for text in told if "left out" in text] == [
        "1 labelled segment of “damaged.mkv” cannot be read and is left out. The file is damaged "
        "there; copy it again to learn from all of it."
    ]


def test_a_run_fails_in_words_where_nothing_can_be_read(tmp_path: Path, damaged: Path) -> None:
    job = replace(make_job(tmp_path), samples=(lost_sample(damaged),), validation=())

    with output_given_back():
        code, events = run(job)

    assert code == 1
    last = events[-1]
    assert isinstance(last, Failed)
    assert last.message.startswith("There is nothing left to learn from.")
    assert "damaged.mkv" in last.message
