"""From single runs to a table like the paper's."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from torch import Tensor

from cast_studio.errors import TrainingError
from training.study.settings import StudySettings

MEASURES = ("verb", "noun", "action", "harmonic_mean")
WRONG_NOUN_SHARES = (0.2, 0.6)
"""Shares of clips with a thing of another noun that results are given for."""
ROWS: Mapping[str, str] = {
    "spatial": "spatial expert alone",
    "temporal": "temporal expert alone",
    "apart": "verb by the temporal, noun by the spatial expert",
    "ensemble": "ensemble of both experts",
    "add": "late fusion: add",
    "concat": "late fusion: concatenate",
    "lateral": "lateral connections",
    "s2t": "S2T only",
    "t2s": "T2S only",
    "b-cast": "B-CAST",
}
"""Rows of the table, in order, with their titles."""


@dataclass(frozen=True, slots=True)
class Share:
    """How much of some clips is right.

    Attributes:
        clips: How many there are.
        verb: Share with the right verb, in [0, 1].
        noun: Likewise the noun.
        action: Likewise both.
    """

    clips: int
    verb: float
    noun: float
    action: float

    @classmethod
    def of(cls, verb: Tensor, noun: Tensor) -> Share:
        """Count answers, booleans ``(N,)``."""
        right = (verb, noun, verb & noun)
        return cls(len(verb), *(float(found.double().mean()) for found in right))


@dataclass(frozen=True, slots=True)
class RunResult:
    """What one trained network reaches, as one row.

    Attributes:
        row: One of :data:`ROWS`.
        seed: Of clips and weights.
        trained: Parameters that were trained for it.
        distracted: On the test clips with a thing of another noun.
        plain: On the others.
    """

    row: str
    seed: int
    trained: int
    distracted: Share
    plain: Share

    def at(self, wrong_nouns: float) -> dict[str, float]:
        """What it reaches where that share of clips has a thing of another noun, by measure."""
        reached = {
            name: wrong_nouns * getattr(self.distracted, name)
            + (1 - wrong_nouns) * getattr(self.plain, name)
            for name in ("verb", "noun", "action")
        }
        total = reached["verb"] + reached["noun"]
        mean = 2 * reached["verb"] * reached["noun"] / total if total else 0.0
        return {**reached, "harmonic_mean": mean}

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> RunResult:
        """Read what ``asdict`` made of one."""
        found = dict(values)
        shares = {name: Share(**found.pop(name)) for name in ("distracted", "plain")}  # type: ignore[arg-type]
        return cls(**found, **shares)  # type: ignore[arg-type]


def write_results(path: Path, results: Sequence[RunResult]) -> None:
    """Write what one run found, whole or not at all."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps([asdict(found) for found in results], indent=1) + "\n", "utf-8")
    partial.replace(path)


def read_results(folder: Path) -> list[RunResult]:
    """Read what all finished runs in a folder found.

    Raises:
        TrainingError: A file there is something else.
    """
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            found += [RunResult.from_json(values) for values in json.loads(path.read_text("utf-8"))]
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise TrainingError(
                f"“{path}” is no result of a study: {error}. Delete it, and give the same command "
                "again to have it made anew."
            ) from error
    return found


def summarize(results: Sequence[RunResult], settings: StudySettings) -> dict[str, object]:
    """Return a study as JSON values: per row and share of wrong nouns, means and deviations.

    The deviation is that of the seeds (with n - 1), None for a single one.
    """
    rows = []
    for name, title in ROWS.items():
        of_row = sorted((r for r in results if r.row == name), key=lambda r: r.seed)
        if of_row:
            rows.append(
                {
                    "row": name,
                    "title": title,
                    "seeds": [found.seed for found in of_row],
                    "trained_parameters": of_row[0].trained,
                    "reached": {
                        f"{share:.0%}": _over_seeds([found.at(share) for found in of_row])
                        for share in WRONG_NOUN_SHARES
                    },
                }
            )
    return {"settings": asdict(settings), "rows": rows}


def _over_seeds(reached: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float | None]]:
    found: dict[str, dict[str, float | None]] = {}
    for measure in MEASURES:
        values = [values[measure] for values in reached]
        deviation = statistics.stdev(values) if len(values) > 1 else None
        found[measure] = {"mean": statistics.fmean(values), "deviation": deviation}
    return found
