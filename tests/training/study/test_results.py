from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cast_studio.errors import TrainingError
from tests.training.study.examples import settings
from training.study.report import section, table
from training.study.results import (
    MEASURES,
    RunResult,
    Share,
    read_results,
    summarize,
    write_results,
)

shares = st.floats(0, 1)


def result(row: str = "b-cast", seed: int = 1, **reached: float) -> RunResult:
    values = {"verb": 0.9, "noun": 0.8, "action": 0.7} | reached
    return RunResult(row, seed, 1234, Share(10, **values), Share(10, 1.0, 1.0, 1.0))


def mean(summary: dict[str, Any], row: int, share: str, measure: str) -> tuple[float, float | None]:
    found = summary["rows"][row]["reached"][share][measure]
    return found["mean"], found["deviation"]


def test_an_action_is_right_when_verb_and_noun_are() -> None:
    verb, noun = torch.tensor([True, True, False, False]), torch.tensor([True, False, True, False])
    assert Share.of(verb, noun) == Share(4, 0.5, 0.5, 0.25)


def test_a_share_of_distracted_clips_weighs_the_halves() -> None:
    reached = result(noun=0.5).at(0.2)
    assert reached["noun"] == pytest.approx(0.2 * 0.5 + 0.8)
    assert reached["verb"] == pytest.approx(0.2 * 0.9 + 0.8)
    assert reached["harmonic_mean"] == pytest.approx(2 / (1 / 0.9 + 1 / 0.98))


@given(shares, shares, shares)
def test_the_harmonic_mean_lies_between_its_parts(verb: float, noun: float, at: float) -> None:
    reached = result(verb=verb, noun=noun).at(at)
    low, high = sorted((reached["verb"], reached["noun"]))
    assert low - 1e-9 <= reached["harmonic_mean"] <= high + 1e-9


def test_means_and_deviations_are_those_of_the_seeds() -> None:
    results = [result(seed=2, noun=0.6), result(seed=1, noun=0.8), result("add", 1)]
    summary: dict[str, Any] = summarize(results, settings())
    assert [row["row"] for row in summary["rows"]] == ["add", "b-cast"]
    assert summary["rows"][1]["seeds"] == [1, 2]
    assert mean(summary, 1, "60%", "noun") == (
        pytest.approx(0.4 + 0.6 * 0.7),
        pytest.approx(0.6 * 0.2 / 2**0.5),
    )
    assert mean(summary, 0, "60%", "noun")[1] is None
    assert set(summary["rows"][0]["reached"]["20%"]) == set(MEASURES)


def test_results_come_back_from_their_files(tmp_path: Path) -> None:
    one, two = [result(), result("apart")], [result("add", 3)]
    write_results(tmp_path / "b.json", one)
    write_results(tmp_path / "a.json", two)
    assert read_results(tmp_path) == [*two, *one]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "b.json"]


@pytest.mark.parametrize("text", ["", "[{}]", '[{"row": 1}]', "{"])
def test_a_file_that_is_no_result_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "a-1.json").write_text(text)
    with pytest.raises(TrainingError, match=r"a-1\.json.*Delete it"):
        read_results(tmp_path)


def test_the_table_shows_every_row_and_says_what_is_best() -> None:
    results = [
        *(result("spatial", seed, verb=0.2, noun=0.9, action=0.1) for seed in (1, 2)),
        *(result("temporal", seed, verb=0.9, noun=0.3, action=0.1) for seed in (1, 2)),
        *(result("b-cast", seed, verb=0.95, noun=0.95, action=0.9) for seed in (1, 2)),
    ]
    lines = table(summarize(results, settings()))
    assert "| B-CAST | 97.0 ± 0.0 | 97.0 ± 0.0 | 94.0 ± 0.0 | 97.0 ± 0.0 | 1,234 |" in lines
    assert lines.count("| | verb | noun | action | harmonic mean | trained parameters |") == 2
    best = [line for line in lines if line.startswith("Best")]
    assert best == 2 * [
        "Best (verb and noun: of the experts alone): verb: temporal expert alone; "
        "noun: spatial expert alone; action: B-CAST; harmonic mean: B-CAST."
    ]


def test_the_card_tells_how_a_study_was_done() -> None:
    summary = summarize([result()], settings(steps=7, batch=3, test_clips=90, wrong_nouns=0.4))
    text = " ".join(section(summary, depth=4))
    for said in ("7 steps of 3 clips", "upper 3 of 4 blocks", "90 unseen clips", "40 %", "1 seed"):
        assert said in text
    assert asdict(settings())["seeds"] == 1
