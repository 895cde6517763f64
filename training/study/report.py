"""A study as text: the table that is printed, and its section of the model card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from training.study.results import MEASURES, WRONG_NOUN_SHARES

TITLES = {"verb": "verb", "noun": "noun", "action": "action", "harmonic_mean": "harmonic mean"}
_ALONE = ("spatial", "temporal")


def table(summary: Mapping[str, Any]) -> list[str]:
    """Return a table of Markdown for each share of wrong nouns.

    Args:
        summary: What :func:`~training.study.results.summarize` returned.
    """
    lines: list[str] = []
    for share in (f"{share:.0%}" for share in WRONG_NOUN_SHARES):
        heads = " | ".join(TITLES[measure] for measure in MEASURES)
        lines += [
            f"A thing of another noun in {share.replace('%', ' %')} of the clips:",
            "",
            f"| | {heads} | trained parameters |",
            "|---|" + "---|" * (len(MEASURES) + 1),
        ]
        for row in summary["rows"]:
            reached = row["reached"][share]
            cells = " | ".join(_cell(**reached[measure]) for measure in MEASURES)
            lines.append(f"| {row['title']} | {cells} | {row['trained_parameters']:,} |")
        lines += ["", *_best(summary, share), ""]
    return lines[:-1]


def _cell(mean: float, deviation: float | None) -> str:
    spread = "" if deviation is None else f" ± {100 * deviation:.1f}"
    return f"{100 * mean:.1f}{spread}"


def _best(summary: Mapping[str, Any], share: str) -> list[str]:
    """Say which row is best at what: of the experts alone at verbs and nouns, of all at the rest."""
    alone = [row for row in summary["rows"] if row["row"] in _ALONE]
    questions = [("verb", alone), ("noun", alone)] if len(alone) == len(_ALONE) else []
    everything = [("action", summary["rows"]), ("harmonic_mean", summary["rows"])]
    found = [
        f"{TITLES[measure]}: {max(rows, key=lambda row: _mean(row, share, measure))['title']}"
        for measure, rows in [*questions, *everything]
    ]
    which = "Best (verb and noun: of the experts alone): " if questions else "Best: "
    return [which + "; ".join(found) + "."]


def _mean(row: Mapping[str, Any], share: str, measure: str) -> float:
    return float(row["reached"][share][measure]["mean"])


def section(summary: Mapping[str, Any], *, depth: int) -> list[str]:
    """Return the section of the model card about a study.

    Args:
        summary: What :func:`~training.study.results.summarize` returned.
        depth: Blocks of the model's experts.
    """
    settings = summary["settings"]
    steps, batch, frozen = settings["steps"], settings["batch"], settings["frozen_blocks"]
    where = f"in the upper {depth - frozen} of {depth} blocks" if frozen else "in all blocks"
    distracted = f"{100 * settings['wrong_nouns']:.0f} %"
    return [
        "## Is the paper's idea reproduced?",
        "",
        "`python -m training study --out FOLDER` joins the same two experts in every way that the paper",
        "compares. They are those of this model, frozen: the spatial one learned from single frames,",
        "the temporal one from clips, with weak labels of the nouns too, each before there was any",
        f"exchange. What is trained are the heads, and adapters and exchange {where}, all from",
        f"the same clips in the same order: {steps} steps of {batch} clips, peak rate {settings['rate']:g}, "
        f"a thing of another noun in {distracted}",
        "of them. An expert alone answers both questions, and so does late fusion from the joined",
        "features; else verbs are read from the temporal stream and nouns from the spatial one.",
        "",
        f"Top-1 in % on the same {settings['test_clips']} unseen clips, mean ± standard deviation of "
        f"{settings['seeds']} seeds (clips to",
        "learn from and initial weights). Half of the test clips show a thing of another noun; both",
        "shares are weighted from these halves. The ensemble averages probabilities.",
        "",
        *table(summary),
    ]
