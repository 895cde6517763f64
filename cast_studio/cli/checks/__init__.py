"""What ``cast-studio doctor`` looks at, one module a topic.

A check imports what it looks at inside its function and reports what goes wrong: it must work in an
installation that does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: What.
        value: How it is.
        advice: A sentence that says what is wrong and what to do; "" when all is well.
    """

    name: str
    value: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """The findings on one topic.

    Attributes:
        title: The topic.
        findings: In the order to print them.
    """

    title: str
    findings: tuple[Finding, ...]


Check = Callable[[], Section]
"""Looks at one topic; never raises."""
