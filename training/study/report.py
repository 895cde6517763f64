"""A study as text: the table that is printed and stands in the model card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from training.study.results import MEASURES, WRONG_NOUN_SHARES

TITLES = {"verb": "verb", "noun": "noun", "action": "action", "harmonic_mean": "harmonic mean"}


def table(summary: Mapping[str, Any]) -> list[str]:
    """Return a table of Markdown for each share of wrong nouns, of :func:`summarize`'s values."""
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
        lines.append("")
    return lines[:-1]


def _cell(mean: float, deviation: float | None) -> str:
    spread = "" if deviation is None else f" ± {100 * deviation:.1f}"
    return f"{100 * mean:.1f}{spread}"
