"""What a benchmark hands back: numbers beside their targets, and the machine they were taken on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.machine import machine_facts


@dataclass(frozen=True, slots=True)
class Measured:
    """One number.

    Attributes:
        name: What was measured.
        value: In ``unit``.
        unit: ``"s"``, ``"ms"``, ``"%"``…
        target: The most it should be, None where there is no target.
        details: Numbers behind this one.
        at_least: The target is the least it should be instead.
    """

    name: str
    value: float
    unit: str
    target: float | None = None
    details: Mapping[str, object] = field(default_factory=dict)
    at_least: bool = False

    @property
    def is_missed(self) -> bool:
        """Whether it is on the wrong side of its target."""
        if self.target is None:
            return False
        return self.value < self.target if self.at_least else self.value > self.target

    def line(self) -> str:
        """Return it as a line of text."""
        side = "≥" if self.at_least else "≤"
        target = "" if self.target is None else f"  (target {side} {self.target:g} {self.unit})"
        behind = "  ".join(f"{key} {_short(found)}" for key, found in self.details.items())
        mark = "!" if self.is_missed else " "
        return f"{mark} {self.name:34} {_short(self.value):>8} {self.unit}{target:22} {behind}"

    def to_json(self) -> dict[str, object]:
        """Return it as plain values."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "target": self.target,
            "missed": self.is_missed,
            **self.details,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """All numbers of a benchmark.

    Attributes:
        benchmark: Its name.
        measured: The numbers.
        conditions: What they depend on besides the machine.
        machine: Facts about the machine, when the measurement ended.
    """

    benchmark: str
    measured: tuple[Measured, ...]
    conditions: Mapping[str, object] = field(default_factory=dict)
    machine: Mapping[str, object] = field(default_factory=machine_facts)

    @property
    def missed(self) -> tuple[Measured, ...]:
        """What is on the wrong side of its target."""
        return tuple(found for found in self.measured if found.is_missed)

    def lines(self) -> list[str]:
        """Return the report as text."""
        facts = "  ".join(f"{key} {value}" for key, value in self.machine.items())
        return [f"{self.benchmark} on {facts}", *(found.line() for found in self.measured)]

    def to_json(self) -> dict[str, object]:
        """Return the report as plain values."""
        return {
            "benchmark": self.benchmark,
            "machine": dict(self.machine),
            "conditions": dict(self.conditions),
            "measured": [found.to_json() for found in self.measured],
        }


def write_report(path: Path, report: Report) -> None:
    """Write a report as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report.to_json(), indent=1) + "\n", "utf-8")


def percentile(values: list[float], share: float) -> float:
    """Return the value that ``share`` (0 to 1) of all values do not exceed; 0 without values."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
    if isinstance(value, list | tuple):
        return "[" + " ".join(_short(found) for found in value) + "]"
    return str(value)
