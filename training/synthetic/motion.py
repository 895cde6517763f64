"""The verbs: where a thing is, how large, how turned and how visible, at each moment of an action.

A verb shows in the order of things only. A single moment must tell next to nothing, so every state that
a motion passes through is also a state in which other motions begin: positions, sizes and angles are
drawn so that their spread over an action is the same for all verbs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STATE_FIELDS = ("x", "y", "radius", "angle", "alpha")
REACH = (0.24, 0.76)
"""Range of positions, in units of the picture's height."""
RADII = (0.155, 0.24)
"""Range of radii of a thing, in units of the picture's height."""


@dataclass(frozen=True, slots=True)
class Motion:
    """One action of one thing.

    Attributes:
        verb: What happens.
        state: Middle of the motion: x, y, radius (units of the picture's height), angle (radians), alpha.
        amount: How far: a distance, a turn in radians, or the logarithm of a ratio of sizes.
        onset: When it begins, as a fraction of the action.
        offset: When it ends, as a fraction of the action.
        cycles: How many times, for verbs that repeat.
        phase: Where a repeated motion begins, in radians.
        turn: +1 or -1: the sense in which a loop is run through.
    """

    verb: str
    state: tuple[float, float, float, float, float]
    amount: float
    onset: float
    offset: float
    cycles: float
    phase: float
    turn: float

    def states(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the state at each time.

        Args:
            times: Fractions of the action, shape ``(n,)``; outside [0, 1] the thing rests.

        Returns:
            Shape ``(n, 5)``, columns as in :data:`STATE_FIELDS`.
        """
        progress = np.clip((times - self.onset) / (self.offset - self.onset), 0.0, 1.0)
        smooth = progress * progress * (3 - 2 * progress) * 0.4 + progress * 0.6
        states = np.tile(np.array(self.state), (len(times), 1))
        centered = smooth - 0.5
        match self.verb:
            case "move-left":
                states[:, 0] -= centered * self.amount
            case "move-right":
                states[:, 0] += centered * self.amount
            case "rise":
                states[:, 1] -= centered * self.amount
            case "fall":
                states[:, 1] += centered * self.amount
            case "rotate-left":
                states[:, 3] -= smooth * self.amount
            case "rotate-right":
                states[:, 3] += smooth * self.amount
            case "grow":
                states[:, 2] *= np.exp(centered * self.amount)
            case "shrink":
                states[:, 2] *= np.exp(-centered * self.amount)
            case "appear":
                states[:, 4] = smooth
            case "vanish":
                states[:, 4] = 1 - smooth
            case "shake":
                states[:, 0] += self.amount * np.sin(2 * np.pi * self.cycles * progress)
            case "hop":
                states[:, 1] -= self.amount * (np.abs(np.sin(np.pi * progress)) - 0.5)
            case "circle":
                around = self.phase + self.turn * 2 * np.pi * self.cycles * smooth
                states[:, 0] += self.amount * np.cos(around)
                states[:, 1] += self.amount * np.sin(around)
            case _:
                raise ValueError(f"unknown verb {self.verb!r}")
        return states


def draw_motion(verb: str, rng: np.random.Generator) -> Motion:
    """Draw an action of ``verb``: place, size, extent, beginning and end at random."""
    angle = rng.uniform(0, 2 * np.pi)
    radius = rng.uniform(*RADII)
    x, y = rng.uniform(*REACH, 2)
    amount, cycles = 0.0, 1.0
    match verb:
        case "move-left" | "move-right":
            amount = rng.uniform(0.26, 0.5)
            x = _middle(amount, rng)
        case "rise" | "fall":
            amount = rng.uniform(0.26, 0.5)
            y = _middle(amount, rng)
        case "rotate-left" | "rotate-right":
            amount = rng.uniform(0.35, 1.15) * np.pi
        case "grow" | "shrink":
            amount = rng.uniform(np.log(1.7), np.log(2.2))
            radius = rng.uniform(0.18, 0.21)
        case "shake":
            amount = rng.uniform(0.05, 0.085)
            cycles = rng.uniform(2.0, 3.4)
        case "hop":
            amount = rng.uniform(0.2, 0.42)
            y = _middle(amount, rng)
        case "circle":
            amount = rng.uniform(0.13, 0.22)
            cycles = rng.uniform(1.0, 1.5)
            x, y = rng.uniform(0.36, 0.64, 2)
    onset = rng.uniform(0.02, 0.2)
    offset = 1 - rng.uniform(0.02, 0.2)  # as long a rest as before: its length must tell nothing
    phase = rng.uniform(0, 2 * np.pi)
    turn = rng.choice((-1.0, 1.0))
    return Motion(
        verb, (x, y, radius, angle, 1.0), amount, onset, offset, cycles, phase, float(turn)
    )


def _middle(extent: float, rng: np.random.Generator) -> float:
    """The middle of a path of ``extent``; the whole path may reach a little beyond the usual places."""
    low, high = REACH[0] - 0.05 + extent / 2, REACH[1] + 0.05 - extent / 2
    return float(rng.uniform(low, high)) if low < high else 0.5
