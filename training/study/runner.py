"""A whole study: clips, networks and table, going on where it was interrupted."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator, Sequence, Set
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import torch

from cast_studio.errors import TrainingError
from cast_studio.model.catalog import read_info
from cast_studio.model.checkpoints import LoadedCast, load_cast
from training.study.clips import TEST, StudyClips, read_part, write_part
from training.study.learning import answer, learn
from training.study.results import RunResult, Share, read_results, summarize, write_results
from training.study.settings import StudySettings
from training.study.variants import NETWORKS, build_network
from training.synthetic.vocabulary import KNOWN_NOUNS, KNOWN_VERBS

STEPS_A_PART = 20
TEST_CLIPS_A_PART = 250
FEWEST_BLOCKS = 2
"""In the last block the exchange reaches no class token any more, which nouns are read from."""
SUMMARY_NAME = "study.json"

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Study:
    model: Path
    folder: Path
    settings: StudySettings

    @property
    def clips(self) -> Path:
        return self.folder / "clips"

    @property
    def runs(self) -> Path:
        return self.folder / "runs"

    def parts(self, seed: int) -> list[tuple[Path, int]]:
        """Files of a stream and how many clips are in each."""
        settings = self.settings
        if seed == TEST:
            whole, most = settings.test_clips, TEST_CLIPS_A_PART
        else:
            whole, most = settings.steps * settings.batch, STEPS_A_PART * settings.batch
        counts = [min(most, whole - first) for first in range(0, whole, most)]
        return [
            (self.clips / f"{seed}-{at:03d}.safetensors", count) for at, count in enumerate(counts)
        ]

    def result(self, network: str, seed: int) -> Path:
        return self.runs / f"{network}-{seed}.json"

    def missing_runs(self) -> list[tuple[str, int]]:
        """Networks and seeds that are not finished; the first seed's come first."""
        return [
            (network, seed)
            for seed in range(1, self.settings.seeds + 1)
            for network in NETWORKS
            if not self.result(network, seed).exists()
        ]

    def missing_parts(self, seeds: Set[int]) -> list[tuple[int, int]]:
        """Streams and their parts that are not rendered."""
        return [
            (seed, part)
            for seed in sorted(seeds)
            for part, (path, _) in enumerate(self.parts(seed))
            if not path.exists()
        ]

    def read(self, seed: int) -> Iterator[StudyClips]:
        return (read_part(path) for path, _ in self.parts(seed))


def run_study(
    model: Path, folder: Path, settings: StudySettings, report: Report, *, processes: int
) -> dict[str, object]:
    """Train and test every network with every seed.

    Args:
        model: Whose experts to join.
        folder: Keeps what is finished; a second call goes on from there.
        settings: The same for all networks.
        report: Called with lines of progress.
        processes: At work at a time, one thread each; 1 is this one, with as many threads as it has.

    Returns:
        What :func:`~training.study.results.summarize` makes of all results; also in ``study.json``.

    Raises:
        ModelError: The model cannot be read.
        TrainingError: The folder holds another study, or the model does not fit one.
    """
    study = _Study(model, folder, settings)
    _check(study)
    settings.keep(folder)
    study.clips.mkdir(exist_ok=True)
    study.runs.mkdir(exist_ok=True)
    missing = study.missing_runs()
    parts = study.missing_parts({TEST, *(seed for _, seed in missing)} if missing else set())
    with _workers(processes) as work:
        rendered = work(_prepare, [(study, *part) for part in parts])
        for done, _ in enumerate(rendered, 1):
            report(f"Clips rendered: part {done} of {len(parts)}")
        trained = work(_train_and_test, [(study, *run) for run in missing])
        for done, reached in enumerate(trained, 1):
            report(f"Trained {done} of {len(missing)}: {reached}")
    seeds = range(1, settings.seeds + 1)
    results = [found for found in read_results(study.runs) if found.seed in seeds]
    summary = summarize(results, settings)
    (folder / SUMMARY_NAME).write_text(json.dumps(summary, indent=1) + "\n", "utf-8")
    return summary


def _check(study: _Study) -> None:
    """Refuse a model that a study cannot be made of."""
    info = read_info(study.model)
    known = {
        "verb": list(KNOWN_VERBS),
        "noun": [noun.name for noun in KNOWN_NOUNS],
    }
    if {head.name: [found.name for found in head.classes] for head in info.heads} != known:
        raise TrainingError(
            f"A study renders clips of its own, whose verbs and nouns “{info.name}” does not know; "
            "choose a model that `make-model` made."
        )
    depth, frozen = info.network.depth, study.settings.frozen_blocks
    if not 0 <= frozen <= depth - FEWEST_BLOCKS:
        raise TrainingError(
            f"“{info.name}” has {depth} blocks, of which {frozen} cannot stay as they are: at least "
            f"{FEWEST_BLOCKS} must be left to learn in."
        )


Work = Callable[[Callable[..., str], Sequence[tuple[Any, ...]]], Iterator[str]]
"""Calls a function with each of some arguments, side by side, and yields what it says when it has done."""


@contextmanager
def _workers(processes: int) -> Iterator[Work]:
    """Give hands to work with: this process, or several."""
    if processes == 1:
        yield lambda call, jobs: (call(*job) for job in jobs)
        return
    pool = ProcessPoolExecutor(processes, get_context("spawn"), initializer=_begin_process)

    def work(call: Callable[..., str], jobs: Sequence[tuple[Any, ...]]) -> Iterator[str]:
        return (done.result() for done in as_completed([pool.submit(call, *job) for job in jobs]))

    try:
        yield work
    finally:
        pool.shutdown(cancel_futures=True)


def _begin_process() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C reaches all; one of them has to speak
    torch.set_num_threads(1)
    cv2.setNumThreads(1)


def _prepare(study: _Study, seed: int, part: int) -> str:
    loaded = load_cast(study.model)
    path, clips = study.parts(seed)[part]
    settings = study.settings
    write_part(
        path,
        loaded.cast,
        loaded.model.clip_spec,
        seed=seed,
        part=part,
        clips=clips,
        wrong_nouns=0.5 if seed == TEST else settings.wrong_nouns,
        frozen_blocks=settings.frozen_blocks,
    )
    return path.name


def _train_and_test(study: _Study, name: str, seed: int) -> str:
    loaded = load_cast(study.model)
    network = build_network(
        name,
        loaded.cast,
        _classes(loaded),
        frozen_blocks=study.settings.frozen_blocks,
        seed=seed,
    )
    learn(network, study.read(seed), study.settings)
    distracted = torch.cat([clips.distracted for clips in study.read(TEST)])
    results = []
    for row, right in answer(network, study.read(TEST)).items():
        on, off = (
            Share.of(right["verb"][which], right["noun"][which])
            for which in (distracted, ~distracted)
        )
        results.append(RunResult(row, seed, network.trained_count(row), on, off))
    write_results(study.result(name, seed), results)
    return "; ".join(_in_words(found) for found in results)


def _classes(loaded: LoadedCast) -> dict[str, int]:
    return {head.name: len(head.classes) for head in loaded.heads}


def _in_words(found: RunResult) -> str:
    reached = found.at(0.6)
    shares = ", ".join(f"{name} {100 * value:.1f} %" for name, value in reached.items())
    return f"{found.row} {found.seed}: {shares}"
