"""What a study does, as data, kept beside what it found."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cast_studio.errors import TrainingError

SETTINGS_NAME = "settings.json"


@dataclass(frozen=True, slots=True)
class StudySettings:
    """What is the same for every network of a study.

    Attributes:
        weights: Checksum of the model whose experts are joined.
        steps: Steps of the optimizer.
        batch: Clips in a step.
        rate: Peak of the learning rate.
        wrong_nouns: Share of the clips learned from in which a thing of another noun lies, in [0, 1].
        test_clips: Even; half of them with such a thing, half without.
        frozen_blocks: Lower blocks of both experts without adapters and exchange.
        seeds: Each is a stream of clips and the initial weights of every network.

    Raises:
        TrainingError: A number is out of its range.
    """

    weights: str
    steps: int = 200
    batch: int = 16
    rate: float = 1.5e-3
    wrong_nouns: float = 0.6
    test_clips: int = 5000
    frozen_blocks: int = 2
    seeds: int = 3

    def __post_init__(self) -> None:
        """Refuse what cannot be done."""
        if min(self.steps, self.batch, self.seeds, self.test_clips) < 1 or self.test_clips % 2:
            raise TrainingError(
                "A study needs steps, clips and seeds, and an even number of test clips: half of them "
                "show a thing of another noun."
            )
        if not 0 <= self.wrong_nouns <= 1 or not self.rate > 0:
            raise TrainingError(
                "The share of clips with a thing of another noun is a number from 0 to 1, and the rate "
                "one above 0."
            )

    def keep(self, folder: Path) -> None:
        """Write them into the folder of a study, or see that it is the same study.

        More or fewer seeds are the same study: each is finished by itself.

        Raises:
            TrainingError: What is in the folder was found in another way, or it cannot be read or
                written.
        """
        path = folder / SETTINGS_NAME
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if path.exists():
                found = StudySettings(**json.loads(path.read_text("utf-8")))
                if replace(found, seeds=self.seeds) != self:
                    raise TrainingError(
                        f"The study in “{folder}” was begun in another way; give the same options "
                        "as then, or begin it in another folder."
                    )
            path.write_text(json.dumps(asdict(self), indent=1) + "\n", "utf-8")
        except (OSError, ValueError, TypeError) as error:
            raise TrainingError(
                f"“{path}” cannot be read or written: {error}. Begin the study in another folder."
            ) from error
