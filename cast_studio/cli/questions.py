"""Questions that a command asks before it does what cannot be taken back, or costs something."""

from __future__ import annotations

import sys

from cast_studio.cli.terminal import complain


def agreed(question: str, *, said_yes: bool) -> bool:
    """Return whether the user agrees.

    Args:
        question: Ends in a question mark.
        said_yes: They said so beforehand, with ``--yes``.
    """
    if said_yes:
        return True
    if sys.stdin is None or not sys.stdin.isatty():
        complain(f"{question} There is no terminal to answer on; run it again with --yes to agree.")
        return False
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() in ("y", "yes"):
        return True
    complain("Nothing was done.")
    return False
