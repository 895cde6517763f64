"""Numbers that the user types after an option: which ones are possible."""

from __future__ import annotations

import argparse
from typing import Final

SEEDS: Final = 2**63
"""Seeds are smaller than this: the generators of the training take no more, nor a negative one."""


def count(text: str) -> int:
    """Return how many of something there are to be.

    Raises:
        ArgumentTypeError: It is below 1.
        ValueError: It is no whole number.
    """
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


def duration(text: str) -> float:
    """Return a time in seconds.

    Raises:
        ArgumentTypeError: It is not above 0, or has no end.
        ValueError: It is no number.
    """
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds above 0")
    return seconds


def seed(text: str) -> int:
    """Return where everything random starts.

    Raises:
        ArgumentTypeError: No generator takes it.
        ValueError: It is no whole number.
    """
    number = int(text)
    if not 0 <= number < SEEDS:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 0 to {SEEDS - 1}")
    return number
