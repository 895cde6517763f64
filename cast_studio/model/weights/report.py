"""What became of the tensors of a file, told to the user."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from cast_studio.said import say


@dataclass(frozen=True)
class LoadReport:
    """What was done with a file of weights.

    Attributes:
        what: What it was recognized as.
        container: How the file keeps its tensors.
        used: The file's names of the tensors that were taken.
        dropped: The file's names of what was left out, and why.
        missing: Our names of tensors that the file lacks and that start as new; of a complete model or
            expert there are none.
    """

    what: str
    container: str
    used: tuple[str, ...]
    dropped: Mapping[str, str]
    missing: tuple[str, ...] = ()

    def sentence(self) -> str:
        """Return the gist, for a line on the screen."""
        dropped = f"{len(self.dropped)} left out" if self.dropped else "none left out"
        missing = f"{len(self.missing)} missing" if self.missing else "none missing"
        return say(
            "Imported as {what} from a {container}: {count} tensors used, {dropped}, {missing}.",
            what=self.what,
            container=self.container,
            count=len(self.used),
            dropped=dropped,
            missing=missing,
        )

    def text(self) -> str:
        """Return everything: the gist, the reasons with their counts, then every name."""
        lines = [self.sentence()]
        for why, count in Counter(self.dropped.values()).most_common():
            lines.append(f"{count} left out: {why}.")
        lines += ["", f"Used ({len(self.used)}):", *(f"  {name}" for name in self.used)]
        lines += ["", f"Left out ({len(self.dropped)}):"]
        lines += [f"  {name}: {why}" for name, why in self.dropped.items()]
        lines += ["", f"Missing ({len(self.missing)}):", *(f"  {name}" for name in self.missing)]
        return "\n".join(lines)
